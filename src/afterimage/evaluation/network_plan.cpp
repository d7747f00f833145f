#include "afterimage/evaluation/network_plan.h"

#include <c10/util/Exception.h>

#include <algorithm>

#include "afterimage/networks/network_table.h"

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
          .prefix = "squeezenet",
          .least = 64,
          .correlation = layers,
          .pattern = layers,
          .identification = unlabelled({"features.2", "features.12"}),
          .distribution = {{"features.12", ""}},
          .relative = true,  // they reach several hundred, and KID takes their sixth power
          // The seven taps of LPIPS on SqueezeNet: the first ReLU, fire3, 5, 6, 7, 8 and 9.
          .distance = {"features.1", "features.4", "features.7", "features.8", "features.9",
                       "features.10", "features.12"}};
}

/// Those of Brain2Pix's tables: pool2, pool5 and fc6.
Layers brain2pix_layers() {
  return {{"features.5", "conv2"}, {"features.12", "conv5"}, {"classifier.2", "fc6"}};
}

/// The layers of IRFA's Table 2 (conv3, conv4 and fc7 before their ReLU).
NetworkPlan alexnet() {
  return {.name = "alexnet",
          .network = "alexnet",
          .prefix = "alexnet",
          .source = "IRFA, Table 2",
          .size = 224,
          .correlation = {{"features.2", "conv1"},
                          {"features.5", "conv2"},
                          {"features.6", "conv3"},
                          {"features.8", "conv4"},
                          {"features.12", "conv5"},
                          {"classifier.2", "fc6"},
                          {"classifier.4", "fc7"},
                          {"logits", "fc8"}},
          .pattern = brain2pix_layers()};
}

NetworkPlan vgg19() {
  const auto taps = unlabelled(network_entry("vgg19").loss_layers);
  return {.name = "vgg19",
          .network = "vgg19",
          .prefix = "vgg19",
          .least = 64,
          .correlation = taps,
          .identification = {taps.front(), taps.back()}};
}

/// LPIPS as published: AlexNet's five ReLUs on the images as they are, learned weights of version
/// .1.
NetworkPlan lpips() {
  return {.name = "lpips",
          .network = "alexnet",
          .prefix = "lpips",
          .least = 64,
          .distance = {"features.1", "features.4", "features.7", "features.9", "features.11"},
          .learned = "lpips_alexnet.safetensors"};
}

/// MindEye's protocol (Scotti et al. 2023, its public evaluation): each network on images of its
/// own size, resized bilinearly.
NetworkPlan mindeye(NetworkPlan plan, int64_t size) {
  plan.source = "MindEye";
  plan.size = size;
  plan.bilinear = true;
  return plan;
}

const NetworkPlan::Layer kPooled{"avgpool", ""}, kEmbedding{"embedding", ""};

NetworkPlan mindeye_alexnet() {
  return mindeye({.name = "mindeye-alexnet",
                  .network = "alexnet",
                  .prefix = "alexnet",
                  .identification = {{"features.4", "2"}, {"features.11", "5"}}},
                 256);
}
NetworkPlan inception() {
  return mindeye({.name = "inception",
                  .network = "inception",
                  .prefix = "inception",
                  .identification = {kPooled},
                  .distribution = {kPooled}},
                 342);
}
NetworkPlan clip_l14() {
  return mindeye({.name = "clip",
                  .network = "clip-l14",
                  .prefix = "clip",
                  .identification = {kEmbedding},
                  .cosine = {kEmbedding},
                  .distribution = {kEmbedding}},
                 224);
}
NetworkPlan efficientnet() {
  return mindeye({.name = "effnet",
                  .network = "efficientnet-b1",
                  .prefix = "effnet",
                  .dissimilarity = {kPooled}},
                 255);
}
NetworkPlan swav() {
  return mindeye({.name = "swav", .network = "swav", .prefix = "swav", .dissimilarity = {kPooled}},
                 224);
}

/// MindDiffuser's CLIP similarity.
NetworkPlan clip_b32() {
  return {.name = "clip-b32",
          .network = "clip-b32",
          .prefix = "clip-b32",
          .source = "MindDiffuser",
          .size = 224,
          .identification = {kEmbedding},
          .cosine = {kEmbedding}};
}

/// A network that no published decoder was trained against.
NetworkPlan dinov2(const std::string& network) {
  return {.name = network,
          .network = network,
          .prefix = network,
          .size = 224,
          .identification = {kEmbedding},
          .cosine = {kEmbedding},
          .distribution = {kEmbedding}};
}

/// The ends of the four stages, and what is left of the last when space is averaged over.
NetworkPlan resnet50(const std::string& network) {
  return {.name = network,
          .network = network,
          .prefix = network,
          .least = 64,
          .correlation = {{"layer1.2", "layer1"},
                          {"layer2.3", "layer2"},
                          {"layer3.5", "layer3"},
                          {"layer4.2", "layer4"}},
          .identification = {{"layer2.3", "layer2"}, {"avgpool", "avgpool"}}};
}

/// FID and KID as published, over the network they are defined by.
NetworkPlan frechet() {
  return {.name = "frechet",
          .network = "inception-fid",
          .source = "Heusel et al. 2017, Binkowski et al. 2018",
          .size = 299,
          .bilinear = true,
          .distribution = {kPooled}};
}

}  // namespace

std::vector<std::string> NetworkPlan::layers() const {
  std::vector<std::string> paths = distance;
  for (const auto* list :
       {&correlation, &pattern, &identification, &dissimilarity, &cosine, &distribution}) {
    for (const auto& layer : *list) {
      if (std::find(paths.begin(), paths.end(), layer.path) == paths.end()) {
        paths.push_back(layer.path);
      }
    }
  }
  return paths;
}

const std::vector<NetworkPlan>& network_plans() {
  static const std::vector<NetworkPlan> plans = {squeezenet(),
                                                 alexnet(),
                                                 vgg19(),
                                                 lpips(),
                                                 mindeye_alexnet(),
                                                 inception(),
                                                 clip_l14(),
                                                 efficientnet(),
                                                 swav(),
                                                 clip_b32(),
                                                 resnet50("resnet50-v1"),
                                                 resnet50("resnet50-v2"),
                                                 dinov2("dinov2-s"),
                                                 dinov2("dinov2-b"),
                                                 frechet()};
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
