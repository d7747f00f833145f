#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/training/objective.h"

namespace afterimage {

/// Target features that were computed once, by sample: the network that reads them never changes,
/// so an epoch after the first needs no pass over its targets. Once `limit` bytes are held, further
/// samples are computed each time. Computed, and held, in the run's precision, as the
/// reconstructions' are.
class FeatureCache {
 public:
  /// `loss` outlives it.
  FeatureCache(const PerceptualLoss& loss, int64_t limit, const RunContext& run)
      : loss_(loss), limit_(limit), run_(run) {}

  /// Features of the targets (n, 3, H, W) of the samples `rows`, layer by layer: (n, ...) each.
  std::vector<at::Tensor> features(const std::vector<int64_t>& rows, const at::Tensor& targets);

  int64_t bytes() const { return bytes_; }

 private:
  std::vector<at::Tensor> of_network(const at::Tensor& targets) const;
  void compute(const std::vector<int64_t>& rows, const at::Tensor& targets);

  const PerceptualLoss& loss_;
  int64_t limit_;
  RunContext run_;
  int64_t bytes_ = 0;
  std::unordered_map<int64_t, std::vector<at::Tensor>> held_;     // layers without batch axis
  std::unordered_map<int64_t, std::vector<at::Tensor>> passing_;  // those over the limit, this call
};

}  // namespace afterimage
