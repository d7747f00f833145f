#include "afterimage/evaluation/network_features.h"

#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/formats/image.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

constexpr int64_t kBatch = 32;                     // images in one pass
constexpr int64_t kKeptBytes = int64_t{64} << 20;  // of the truth's features

/// A file of weights in the folder the user named or among what comes with Afterimage; "" if none.
std::filesystem::path weight_file(const std::string& name, const std::string& folder) {
  if (std::filesystem::exists(std::filesystem::path(folder) / name))
    return std::filesystem::path(folder) / name;
  try {
    const auto installed = data_dir() / "weights" / name;
    return std::filesystem::exists(installed) ? installed : std::filesystem::path();
  } catch (const Error&) {
    return {};  // a library without its installed data
  }
}

bool contains(const std::vector<NetworkPlan::Layer>& layers, const std::string& path) {
  return std::any_of(layers.begin(), layers.end(),
                     [&](const auto& layer) { return layer.path == path; });
}

/// Features of all images of a layer that are needed together, gathered by batch.
struct Gathered {
  std::vector<at::Tensor> truth, reconstruction;
};

/// Units (n, c) of a layer without its space (n, c, y, x); others as they are.
at::Tensor without_space(const at::Tensor& layer) {
  return (layer.dim() == 4 ? layer.mean({2, 3}) : layer.flatten(1)).cpu();
}

}  // namespace

TruthFeatures::TruthFeatures(at::Tensor images, Stimuli stimuli, const RunContext& run)
    : images_(std::move(images)), stimuli_(std::move(stimuli)), run_(run) {
  TORCH_INTERNAL_ASSERT(stimuli_.rows() == images_.size(0));
}

TruthFeatures::TruthFeatures(at::Tensor images, Stimuli stimuli, const TruthFeatures& like)
    : TruthFeatures(std::move(images), std::move(stimuli), like.run_) {
  networks_ = like.networks_;
  keeps_ = false;
}

int64_t TruthFeatures::batches() const { return (images_.size(0) + kBatch - 1) / kBatch; }

at::Tensor TruthFeatures::rows(const at::Tensor& images, int64_t index) const {
  const auto first = index * kBatch;
  return images.narrow(0, first, std::min(kBatch, images.size(0) - first));
}

at::Tensor TruthFeatures::firsts(const at::Tensor& features, int64_t index) const {
  if (stimuli_.one_row_each()) return features;
  const auto begin = index * kBatch, end = begin + features.size(0);
  const auto& first = stimuli_.first_row();
  const auto rows = first.masked_select(first.ge(begin).logical_and(first.lt(end))) - begin;
  return features.index_select(0, rows.to(features.device()));
}

std::string TruthFeatures::missing(const std::string& plan_name) const {
  const auto& plan = network_plan(plan_name);
  if (!networks_->contains(plan.network) && find_weights(plan.network, run_.weights()).empty()) {
    return "no weights of " + plan.network + " at hand ('afterimage doctor' tells how to get them)";
  }
  if (!plan.learned.empty() && weight_file(plan.learned, run_.weights()).empty()) {
    return "there is no file " + plan.learned;
  }
  return "";
}

const TensorMap& TruthFeatures::distance_weights(const std::string& plan_name) {
  const auto& plan = network_plan(plan_name);
  auto& weights = distance_weights_[plan_name];
  if (!weights.empty() || plan.learned.empty()) return weights;
  const auto file = weight_file(plan.learned, run_.weights());
  const auto read = read_safetensors(file);
  for (const auto& path : plan.distance) {
    const auto found = read.find(path);
    if (found == read.end() || found->second.dim() != 1) {
      throw Error(file, "has no vector '" + path + "'", "Use the file that comes with Afterimage");
    }
    weights[path] = found->second.to(run_.device(), at::kDouble);
  }
  return weights;
}

FeatureNetwork& TruthFeatures::network(const std::string& name) {
  auto& network = (*networks_)[name];
  if (!network) {
    network = load_feature_network(name, run_.weights());
    network->to(run_.device());
  }
  return *network;
}

std::vector<at::Tensor> TruthFeatures::features(const std::string& plan_name,
                                                const at::Tensor& images) {
  const auto& plan = network_plan(plan_name);
  run_.stop_if_cancelled("stopped; nothing was written");
  auto x = images.to(run_.device(), at::kFloat);
  const bool small = std::min(x.size(2), x.size(3)) < plan.least;
  if (plan.size > 0 || small) {
    const auto side = plan.size > 0 ? plan.size : plan.least;
    x = plan.bilinear ? at::_upsample_bilinear2d_aa(x, {side, side}, /*align_corners=*/false)
                      : resize_image(x, side, side);
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
  if (keeps_ && kept_bytes_ + bytes <= kKeptBytes) {
    kept_bytes_ += bytes;
    kept[index] = layers;
  }
  return layers;
}

at::Tensor perceptual_distance(const at::Tensor& truth, const at::Tensor& reconstruction,
                               const at::Tensor& weights) {
  // |u - v|^2 by products over channels: no map of units is made, and sums are in double.
  const auto product = [](const at::Tensor& x, const at::Tensor& y) {
    return (x * y).sum({1}, /*keepdim=*/false, at::kDouble);  // (n, y, x)
  };
  const auto weighted = [&](const at::Tensor& x) {
    return weights.defined() ? x * weights.view({1, -1, 1, 1}) : x;
  };
  const auto length_x = product(truth, truth).sqrt() + 1e-10;
  const auto length_y = product(reconstruction, reconstruction).sqrt() + 1e-10;
  const auto weighted_x = weighted(truth), weighted_y = weighted(reconstruction);
  const auto squared = product(weighted_x, truth) / length_x.square() +
                       product(weighted_y, reconstruction) / length_y.square() -
                       2 * product(weighted_x, reconstruction) / (length_x * length_y);
  return squared.clamp_min(0).mean({1, 2});
}

NetworkSummary summarise(TruthFeatures& truth, const std::string& plan_name,
                         const at::Tensor& reconstruction) {
  const at::NoGradGuard no_grad;
  const auto& plan = network_plan(plan_name);
  const auto paths = plan.layers();
  const auto& weights = truth.distance_weights(plan_name);
  std::map<std::string, std::vector<at::Tensor>> sums;
  std::map<std::string, Gathered> gathered, pooled;
  NetworkSummary summary;
  std::vector<at::Tensor> distances;
  for (int64_t b = 0; b < truth.batches(); ++b) {
    const auto x = truth.batch(plan_name, b);
    const auto y = truth.features(plan_name, truth.rows(reconstruction, b));
    at::Tensor distance;
    for (size_t i = 0; i < paths.size(); ++i) {
      const auto& path = paths[i];
      if (i < plan.distance.size()) {
        const auto learned = weights.find(path);
        const auto part = perceptual_distance(
            x[i], y[i], learned == weights.end() ? at::Tensor() : learned->second);
        distance = distance.defined() ? distance + part : part;
      }
      if (contains(plan.correlation, path) || contains(plan.pattern, path) ||
          contains(plan.dissimilarity, path) || contains(plan.cosine, path)) {
        sums[path].push_back(moments(x[i].flatten(1), y[i].flatten(1)));
      }
      if (contains(plan.pattern, path)) {
        const auto over_images = moments(x[i].flatten(1).t(), y[i].flatten(1).t());
        auto& sum = summary.profiles[path];
        sum = sum.defined() ? sum + over_images : over_images;
      }
      if (contains(plan.identification, path)) {
        gathered[path].truth.push_back(truth.firsts(x[i].flatten(1), b));
        gathered[path].reconstruction.push_back(y[i].flatten(1));
      }
      if (contains(plan.distribution, path)) {
        pooled[path].truth.push_back(truth.firsts(without_space(x[i]), b));
        pooled[path].reconstruction.push_back(without_space(y[i]));
      }
    }
    if (distance.defined()) distances.push_back(distance.cpu());
  }

  for (const auto& [path, parts] : sums) summary.layers[path].moments = at::cat(parts);
  for (const auto& [path, parts] : gathered) {
    summary.layers[path].similarity =
        similarity(at::cat(parts.truth), at::cat(parts.reconstruction));
  }
  for (const auto& [path, parts] : pooled) {
    summary.layers[path].truth_units = at::cat(parts.truth);
    summary.layers[path].made_units = at::cat(parts.reconstruction);
  }
  if (!distances.empty()) summary.distance = at::cat(distances);
  return summary;
}

}  // namespace afterimage
