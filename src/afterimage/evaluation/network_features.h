#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/evaluation/network_plan.h"
#include "afterimage/evaluation/stimuli.h"
#include "afterimage/formats/safetensors.h"
#include "afterimage/networks/feature_network.h"

namespace afterimage {

class BrainResponses;

struct LayerSummary {
  at::Tensor moments;     ///< (n, 6) float64 of correlation.h, over the layer's units
  at::Tensor similarity;  ///< (stimuli, n) float64; identification layers only
  /// Means over space (stimuli, units) and (n, units) float32 on the CPU; distribution layers only.
  at::Tensor truth_units, made_units;
};

struct NetworkSummary {
  std::map<std::string, LayerSummary> layers;  ///< by path
  std::map<std::string, at::Tensor> profiles;  ///< by path: moments over images, (units, 6)
  at::Tensor distance;                         ///< (n) float64; undefined when the plan has none
};

/// The true images and their features, computed batch by batch and kept for the next set of
/// reconstructions as long as they fit into a gigabyte.
class TruthFeatures {
 public:
  TruthFeatures(at::Tensor images, Stimuli stimuli, const RunContext& run);
  /// Other images as truth, by the same networks, for one reconstruction: nothing is kept for
  /// others.
  TruthFeatures(at::Tensor images, Stimuli stimuli, const TruthFeatures& like);

  const at::Tensor& images() const { return images_; }
  /// Which stimulus each image is.
  const Stimuli& stimuli() const { return stimuli_; }
  int64_t batches() const;

  /// What the metrics of responses need; it must outlive this.
  void set_brain(const BrainResponses* brain) { brain_ = brain; }
  const BrainResponses* brain() const { return brain_; }

  /// Why the plan cannot be run here (no weights at hand); "" when it can.
  std::string missing(const std::string& plan) const;
  /// The distance's learned weights by layer; empty when the plan has none.
  const TensorMap& distance_weights(const std::string& plan);
  /// Features of one batch of images (0, 1, ...) of a plan's layers, in order.
  std::vector<at::Tensor> batch(const std::string& plan, int64_t index);
  /// Features of other images by the same plan.
  std::vector<at::Tensor> features(const std::string& plan, const at::Tensor& images);
  /// A place to keep what the metrics without networks compute of the images, by name; undefined
  /// until it is set.
  at::Tensor& description(const std::string& name) { return descriptions_[name]; }
  /// The rows of images in a batch.
  at::Tensor rows(const at::Tensor& images, int64_t index) const;
  /// Those of a batch's features that are the first of their stimulus.
  at::Tensor firsts(const at::Tensor& features, int64_t index) const;

 private:
  FeatureNetwork& network(const std::string& name);

  at::Tensor images_;
  Stimuli stimuli_;
  const RunContext& run_;
  using Networks = std::map<std::string, std::shared_ptr<FeatureNetwork>>;
  std::shared_ptr<Networks> networks_ = std::make_shared<Networks>();
  const BrainResponses* brain_ = nullptr;
  std::map<std::string, std::map<int64_t, std::vector<at::Tensor>>> kept_;
  int64_t kept_bytes_ = 0;
  bool keeps_ = true;
  std::map<std::string, at::Tensor> descriptions_;
  std::map<std::string, TensorMap> distance_weights_;
};

/// One pass over reconstructions beside the truth.
NetworkSummary summarise(TruthFeatures& truth, const std::string& plan,
                         const at::Tensor& reconstruction);

/// LPIPS of one layer (Zhang et al. 2018, eq. 1): features of unit length over channels, squared
/// difference, weighted sum over channels, mean over space; (n, c, y, x) -> (n) float64.
/// `weights` (c); undefined: all 1.
at::Tensor perceptual_distance(const at::Tensor& truth, const at::Tensor& reconstruction,
                               const at::Tensor& weights = {});

}  // namespace afterimage
