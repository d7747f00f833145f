#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// The variance of responses around the mean of their stimulus, pooled over stimuli shown more than
/// once (divided by the number of such samples less that of the stimuli).
class RepeatNoise {
 public:
  /// What each sample shows.
  explicit RepeatNoise(const std::vector<int64_t>& stimulus);

  /// Fewer degrees of freedom say nothing.
  static constexpr int64_t fewest = 20;
  bool known() const { return freedom_ >= fewest; }

  /// Responses of these samples, (n, ...) float64; each sample once, in any order.
  void add(const std::vector<int64_t>& rows, const at::Tensor& responses);
  at::Tensor variance() const;  ///< (...) float64

 private:
  std::vector<int64_t> place_;  // of each sample: row of the sums; -1 where it was shown once
  at::Tensor count_;            // (stimulus) float64
  at::Tensor sum_, squares_;    // (stimulus, ...), (...)
  int64_t freedom_ = 0;
};

}  // namespace afterimage
