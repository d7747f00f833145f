#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/preparation/reliability.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Slow drifts: a polynomial over the trials of each block, per sensor and bin, fitted by least
/// squares and taken away but for its mean. It is fitted to the block's training trials; a block
/// without enough of them (fewer than degree + 2) is fitted to all its own trials, which is counted
/// as transductive.
class Detrend {
 public:
  static Detrend fit(const ResponseReader& read, const Trials& trials, int64_t degree);

  /// (n, sensor, bin) of these trials -> the same without the drift.
  at::Tensor apply(const at::Tensor& responses, const std::vector<int64_t>& rows) const;
  /// Blocks that were fitted to trials which are not in training.
  int64_t transductive_blocks() const { return transductive_; }

 private:
  at::Tensor design(const std::vector<int64_t>& rows) const;  // (n, degree) float64

  const Trials* trials_ = nullptr;
  int64_t degree_ = 0, transductive_ = 0;
  std::vector<double> time_;  // of each trial: -1..1 over its block
  struct Drift {
    at::Tensor centre;  // (degree): mean of the powers over the fitted trials
    at::Tensor slope;   // (degree, sensor * bin)
  };
  std::map<int64_t, Drift> drift_;  // of each block
};

}  // namespace afterimage
