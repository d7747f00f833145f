#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/evaluation/network_features.h"

namespace afterimage {

struct DescribedPairs {
  at::Tensor truth, reconstruction;
};

/// Truth and reconstructions of the same images, (n, 3, H, W) float32 in [0,1], with which stimulus
/// each row shows and what several metrics share, computed when first asked for.
class ImagePairs {
 public:
  /// Each row shows another stimulus.
  ImagePairs(const at::Tensor& truth, const at::Tensor& reconstruction, const RunContext& run);
  ImagePairs(const at::Tensor& truth, const at::Tensor& reconstruction, Stimuli stimuli,
             const RunContext& run);
  /// Several sets of reconstructions of the same images share the truth's features.
  ImagePairs(std::shared_ptr<TruthFeatures> truth, at::Tensor reconstruction);

  const at::Tensor& truth() const { return truth_->images(); }
  const at::Tensor& reconstruction() const { return reconstruction_; }
  const Stimuli& stimuli() const { return truth_->stimuli(); }

  /// Pearson correlation of every stimulus' pixels (RGB, flattened) with every reconstruction's:
  /// (stimuli, n) float64.
  const at::Tensor& pixel_similarity() const;

  /// Features of truth and reconstruction, (n, features) each, as `of` makes them of images
  /// (b, 3, H, W), batch by batch; kept under `name`, those of the truth for every set.
  DescribedPairs described(const std::string& name,
                           const std::function<at::Tensor(const at::Tensor& images)>& of) const;

  /// Measured responses and what predicts them; null where nobody gave any.
  const BrainResponses* brain() const { return truth_->brain(); }

  /// Why the metrics of a plan (network_features.h) cannot be computed; "" when they can.
  std::string missing(const std::string& plan) const { return truth_->missing(plan); }
  /// What the metrics of a plan are made of. Nothing may be missing.
  const NetworkSummary& network(const std::string& plan) const;

 private:
  std::shared_ptr<TruthFeatures> truth_;
  at::Tensor reconstruction_;
  mutable at::Tensor pixel_similarity_;
  mutable std::map<std::string, at::Tensor> descriptions_;
  mutable std::map<std::string, NetworkSummary> networks_;
};

}  // namespace afterimage
