#include "afterimage/evaluation/network_features.h"

#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/evaluation/correlation.h"
#include "afterimage/formats/image.h"
#include "afterimage/networks/feature_table.h"

namespace afterimage {
namespace {

constexpr int64_t kBatch = 32;                    // images in one pass
constexpr int64_t kKeptBytes = int64_t{1} << 30;  // of the truth's features

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
                       "features.10", "features.12"}};
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
          .distance = {}};
}

NetworkPlan vgg19() {
  const auto taps = unlabelled(feature_table("vgg19").loss_layers);
  return {.name = "vgg19",
          .network = "vgg19",
          .least = 64,
          .correlation = taps,
          .pattern = {},
          .identification = {taps.front(), taps.back()},
          .distance = {}};
}

const NetworkPlan& plan_of(const std::string& name) {
  const auto& plans = network_plans();
  const auto found = std::find_if(plans.begin(), plans.end(),
                                  [&](const NetworkPlan& plan) { return plan.name == name; });
  TORCH_INTERNAL_ASSERT(found != plans.end(), "no network plan ", name);
  return *found;
}

bool contains(const Layers& layers, const std::string& path) {
  return std::any_of(layers.begin(), layers.end(),
                     [&](const auto& layer) { return layer.path == path; });
}

/// Features of all images of a layer that identification needs together, gathered by batch.
struct Gathered {
  std::vector<at::Tensor> truth, reconstruction;
};

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
  static const std::vector<NetworkPlan> plans = {squeezenet(), alexnet(), vgg19()};
  return plans;
}

TruthFeatures::TruthFeatures(at::Tensor images, const RunContext& run)
    : images_(std::move(images)), run_(run) {}

int64_t TruthFeatures::batches() const { return (images_.size(0) + kBatch - 1) / kBatch; }

at::Tensor TruthFeatures::rows(const at::Tensor& images, int64_t index) const {
  const auto first = index * kBatch;
  return images.narrow(0, first, std::min(kBatch, images.size(0) - first));
}

bool TruthFeatures::available(const std::string& plan) {
  const auto& network = plan_of(plan).network;
  return networks_.contains(network) || !find_weights(network, run_.weights()).empty();
}

FeatureNetwork& TruthFeatures::network(const std::string& name) {
  auto& network = networks_[name];
  if (!network) {
    network = load_feature_network(name, run_.weights());
    network->to(run_.device());
  }
  return *network;
}

std::vector<at::Tensor> TruthFeatures::features(const std::string& plan_name,
                                                const at::Tensor& images) {
  const auto& plan = plan_of(plan_name);
  auto x = images.to(run_.device(), at::kFloat);
  const bool small = std::min(x.size(2), x.size(3)) < plan.least;
  if (plan.size > 0 || small) {
    const auto side = plan.size > 0 ? plan.size : plan.least;
    x = resize_image(x, side, side);
  }
  return network(plan.network).forward(x, plan.layers());
}

std::vector<at::Tensor> TruthFeatures::batch(const std::string& plan, int64_t index) {
  auto& kept = kept_[plan];
  const auto found = kept.find(index);
  if (found != kept.end()) return found->second;
  auto layers = features(plan, rows(images_, index));
  int64_t bytes = 0;
  for (const auto& layer : layers) bytes += static_cast<int64_t>(layer.nbytes());
  if (kept_bytes_ + bytes <= kKeptBytes) {
    kept_bytes_ += bytes;
    kept[index] = layers;
  }
  return layers;
}

at::Tensor perceptual_distance(const at::Tensor& truth, const at::Tensor& reconstruction) {
  const auto unit = [](const at::Tensor& x) {
    const auto wide = x.to(at::kDouble);
    return wide / (wide.norm(2, {1}, /*keepdim=*/true) + 1e-10);  // (n, c, y, x)
  };
  return (unit(truth) - unit(reconstruction)).square().sum(1).mean({1, 2});
}

NetworkSummary summarise(TruthFeatures& truth, const std::string& plan_name,
                         const at::Tensor& reconstruction) {
  const at::NoGradGuard no_grad;
  const auto& plan = plan_of(plan_name);
  const auto paths = plan.layers();
  std::map<std::string, std::vector<at::Tensor>> sums;
  std::map<std::string, Gathered> gathered;
  std::vector<at::Tensor> distances;
  for (int64_t b = 0; b < truth.batches(); ++b) {
    const auto x = truth.batch(plan_name, b);
    const auto y = truth.features(plan_name, truth.rows(reconstruction, b));
    at::Tensor distance;
    for (size_t i = 0; i < paths.size(); ++i) {
      const auto& path = paths[i];
      if (i < plan.distance.size()) {
        const auto part = perceptual_distance(x[i], y[i]);
        distance = distance.defined() ? distance + part : part;
      }
      if (contains(plan.correlation, path) || contains(plan.pattern, path)) {
        sums[path].push_back(moments(x[i].flatten(1), y[i].flatten(1)));
      }
      if (contains(plan.identification, path)) {
        gathered[path].truth.push_back(x[i].flatten(1));
        gathered[path].reconstruction.push_back(y[i].flatten(1));
      }
    }
    if (distance.defined()) distances.push_back(distance.cpu());
  }

  NetworkSummary summary;
  for (const auto& [path, parts] : sums) summary.layers[path].moments = at::cat(parts);
  for (const auto& [path, parts] : gathered) {
    summary.layers[path].similarity =
        similarity(at::cat(parts.truth), at::cat(parts.reconstruction));
  }
  if (!distances.empty()) summary.distance = at::cat(distances);
  return summary;
}

}  // namespace afterimage
