#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/networks/feature_network.h"

namespace afterimage {

/// One pass of one network over images, and what is made of its layers.
struct NetworkPlan {
  struct Layer {
    std::string path;   ///< torchvision's module path
    std::string label;  ///< "conv3"
  };
  std::string name;     ///< begins the metrics' names
  std::string network;  ///< of load_feature_network
  int64_t size = 0;     ///< images are resized to this side (bicubic); 0: only enlarged to `least`
  int64_t least = 0;
  std::vector<Layer> correlation;     ///< one Pearson correlation over images x units each
  std::vector<Layer> pattern;         ///< mean correlation per image
  std::vector<Layer> identification;  ///< 2-way identification
  std::vector<std::string> distance;  ///< LPIPS-style distance over these

  /// Every layer read, each once.
  std::vector<std::string> layers() const;
};

/// The passes the metrics are made of.
const std::vector<NetworkPlan>& network_plans();

struct LayerSummary {
  at::Tensor moments;     ///< (n, 6) float64 of correlation.h, over the layer's units
  at::Tensor similarity;  ///< (n, n) float64; identification layers only
};

struct NetworkSummary {
  std::map<std::string, LayerSummary> layers;  ///< by path
  at::Tensor distance;                         ///< (n) float64; undefined when the plan has none
};

/// The true images and their features, computed batch by batch and kept for the next set of
/// reconstructions as long as they fit into a gigabyte.
class TruthFeatures {
 public:
  TruthFeatures(at::Tensor images, const RunContext& run);

  const at::Tensor& images() const { return images_; }
  int64_t batches() const;

  /// True when the plan's network has its weights.
  bool available(const std::string& plan);
  /// Features of one batch of images (0, 1, ...) of a plan's layers, in order.
  std::vector<at::Tensor> batch(const std::string& plan, int64_t index);
  /// Features of other images by the same plan.
  std::vector<at::Tensor> features(const std::string& plan, const at::Tensor& images);
  /// The rows of images in a batch.
  at::Tensor rows(const at::Tensor& images, int64_t index) const;

 private:
  FeatureNetwork& network(const std::string& name);

  at::Tensor images_;
  const RunContext& run_;
  std::map<std::string, std::shared_ptr<FeatureNetwork>> networks_;
  std::map<std::string, std::map<int64_t, std::vector<at::Tensor>>> kept_;
  int64_t kept_bytes_ = 0;
};

/// One pass over reconstructions beside the truth.
NetworkSummary summarise(TruthFeatures& truth, const std::string& plan,
                         const at::Tensor& reconstruction);

/// LPIPS without its learned weights (Zhang et al. 2018, eq. 1 with w = 1): features of unit length
/// over channels, squared difference summed over channels, mean over space; (n, c, y, x) -> (n).
at::Tensor perceptual_distance(const at::Tensor& truth, const at::Tensor& reconstruction);

}  // namespace afterimage
