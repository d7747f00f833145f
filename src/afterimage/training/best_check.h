#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// Which of the checks on held-out samples was the best so far, and how many came after it without
/// a better one.
class BestCheck {
 public:
  /// `measure`: the score to go by, larger is better. `patience`: checks without a better one after
  /// which it is enough; 0 = never.
  BestCheck(std::string measure, int64_t patience)
      : measure_(std::move(measure)), patience_(patience) {}

  /// Takes the scores after `step` steps. Whether they are the best so far; one that is not a
  /// number never is.
  bool better(const std::map<std::string, double>& scores, int64_t step);
  bool enough() const { return patience_ > 0 && waited_ >= patience_; }
  /// Steps after which the best was measured, 0 before the first.
  int64_t step() const { return step_; }
  double score() const { return score_; }

  /// Step, score and checks without a better one, (3) float64, for a training that is resumed.
  at::Tensor to_tensor() const;
  /// Takes back what `to_tensor` gave.
  void restore(const at::Tensor& tensor);

 private:
  std::string measure_;
  int64_t patience_;
  int64_t step_ = 0, waited_ = 0;
  double score_ = -std::numeric_limits<double>::infinity();
};

}  // namespace afterimage
