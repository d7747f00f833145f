#include "afterimage/evaluation/network_plan.h"

#include <c10/util/Exception.h>

#include <algorithm>

#include "afterimage/networks/feature_table.h"

namespace afterimage {
namespace {

using Layers = std::vector<NetworkPlan::Layer>;

Layers unlabelled(const std::vector<std::string>& paths) {
  Layers layers;
  for (const auto& path : paths) layers.push_back({path, path});
  return layers;
}

/// Early to late: after the first pooling, fire3, fire5, fire9 and the class scores.
NetworkPlan squeezenet() {
  const auto layers =
      unlabelled({"features.2", "features.4", "features.7", "features.12", "logits"});
  return {.name = "squeezenet",
          .network = "squeezenet",
          .least = 64,
          .correlation = layers,
          .pattern = layers,
          .identification = unlabelled({"features.2", "features.12"}),
          // The seven taps of LPIPS on SqueezeNet: the first ReLU, fire3, 5, 6, 7, 8 and 9.
          .distance = {"features.1", "features.4", "features.7", "features.8", "features.9",
                       "features.10", "features.12"},
          .learned = ""};
}

/// The layers of IRFA's Table 2 (conv3, conv4 and fc7 before their ReLU), and MindEye's two.
NetworkPlan alexnet() {
  return {.name = "alexnet",
          .network = "alexnet",
          .size = 224,
          .correlation = {{"features.2", "conv1"},
                          {"features.5", "conv2"},
                          {"features.6", "conv3"},
                          {"features.8", "conv4"},
                          {"features.12", "conv5"},
                          {"classifier.2", "fc6"},
                          {"classifier.4", "fc7"},
                          {"logits", "fc8"}},
          .pattern = {},
          .identification = {{"features.4", "2"}, {"features.11", "5"}},
          .distance = {},
          .learned = ""};
}

NetworkPlan vgg19() {
  const auto taps = unlabelled(feature_table("vgg19").loss_layers);
  return {.name = "vgg19",
          .network = "vgg19",
          .least = 64,
          .correlation = taps,
          .pattern = {},
          .identification = {taps.front(), taps.back()},
          .distance = {},
          .learned = ""};
}

/// LPIPS as published: AlexNet's five ReLUs on the images as they are, learned weights of version
/// .1.
NetworkPlan lpips() {
  return {.name = "lpips",
          .network = "alexnet",
          .least = 64,
          .correlation = {},
          .pattern = {},
          .identification = {},
          .distance = {"features.1", "features.4", "features.7", "features.9", "features.11"},
          .learned = "lpips_alexnet.safetensors"};
}

}  // namespace

std::vector<std::string> NetworkPlan::layers() const {
  std::vector<std::string> paths = distance;
  for (const auto* list : {&correlation, &pattern, &identification}) {
    for (const auto& layer : *list) {
      if (std::find(paths.begin(), paths.end(), layer.path) == paths.end()) {
        paths.push_back(layer.path);
      }
    }
  }
  return paths;
}

const std::vector<NetworkPlan>& network_plans() {
  static const std::vector<NetworkPlan> plans = {squeezenet(), alexnet(), vgg19(), lpips()};
  return plans;
}

const NetworkPlan& network_plan(const std::string& name) {
  const auto& plans = network_plans();
  const auto found = std::find_if(plans.begin(), plans.end(),
                                  [&](const NetworkPlan& plan) { return plan.name == name; });
  TORCH_INTERNAL_ASSERT(found != plans.end(), "no network plan ", name);
  return *found;
}

}  // namespace afterimage
