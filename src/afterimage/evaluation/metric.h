#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/networks/feature_network.h"

namespace afterimage {

/// Truth and reconstructions of the same images, (n, 3, H, W) float32 in [0,1], with the features
/// the metrics share, computed when first asked for.
class ImagePairs {
 public:
  ImagePairs(at::Tensor truth, at::Tensor reconstruction, const RunContext& run);
  ~ImagePairs();

  const at::Tensor& truth() const { return truth_; }
  const at::Tensor& reconstruction() const { return reconstruction_; }
  int64_t count() const { return truth_.size(0); }

  struct Features {
    at::Tensor truth, reconstruction;  ///< (n, units) float32
  };
  /// Features of one layer, or nullopt when the network's weights are not at hand.
  std::optional<Features> features(const std::string& network, const std::string& layer) const;

  /// A view of other rows in place of these (for resampling): features are shared, not recomputed.
 private:
  struct Cache;
  at::Tensor truth_, reconstruction_;
  const RunContext& run_;
  std::unique_ptr<Cache> cache_;
};

/// What one metric says. `per_image` is absent for metrics of the whole set (a correlation over all
/// images and units); intervals come from resampling images (statistics.h).
struct Score {
  std::string metric;
  double value = 0;
  std::vector<double> per_image;
  std::optional<double> low, high;  ///< 95 % bootstrap interval over images
  std::string not_computed;         ///< why there is no number; empty = computed
};

struct Metric {
  std::string name;        ///< "pixel-correlation"
  std::string label;       ///< "Pixel correlation", for tables
  std::string definition;  ///< one line, exact
  std::string source;      ///< who uses it
  bool higher_is_better = true;
  double chance = 0;       ///< NaN where there is no chance level
  std::function<Score(const ImagePairs&)> compute;
};

/// Every metric, by name: the one place to add one.
const std::vector<Metric>& metric_table();

/// Metrics by name ("all" for each); unknown names are an Error with the nearest.
std::vector<const Metric*> find_metrics(const std::vector<std::string>& names);

}  // namespace afterimage
