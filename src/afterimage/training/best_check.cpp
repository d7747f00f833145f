#include "afterimage/training/best_check.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

namespace afterimage {

bool BestCheck::better(const std::map<std::string, double>& scores, int64_t step) {
  const double score = scores.at(measure_);
  const bool better = score > score_;
  waited_ = better ? 0 : waited_ + 1;
  if (better) {
    score_ = score;
    step_ = step;
  }
  return better;
}

at::Tensor BestCheck::to_tensor() const {
  return at::tensor({static_cast<double>(step_), score_, static_cast<double>(waited_)},
                    at::kDouble);
}

void BestCheck::restore(const at::Tensor& tensor) {
  step_ = static_cast<int64_t>(tensor[0].item<double>());
  score_ = tensor[1].item<double>();
  waited_ = static_cast<int64_t>(tensor[2].item<double>());
}

}  // namespace afterimage
