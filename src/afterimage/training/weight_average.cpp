#include "afterimage/training/weight_average.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "afterimage/base/error.h"

namespace afterimage {

TensorMap copied(const TensorMap& tensors) {
  TensorMap copies;
  for (const auto& [name, tensor] : tensors) copies[name] = tensor.detach().clone();
  return copies;
}

void WeightAverage::update(const TensorMap& weights) {
  if (!on()) return;
  const at::NoGradGuard no_grad;
  if (updates_ == 0) mean_ = copied(weights);
  const auto before = static_cast<double>(updates_);
  const double kept = std::min(decay_, (1 + before) / (10 + before));
  for (auto& [name, mean] : mean_) {
    const auto& now = weights.at(name);
    if (mean.is_floating_point()) {
      mean.lerp_(now, 1 - kept);
    } else {
      mean.copy_(now);
    }
  }
  ++updates_;
}

TensorMap WeightAverage::to_tensors() const {
  if (!on()) return {};
  TensorMap tensors = mean_;
  tensors["updates"] = at::tensor({updates_}, at::kLong);
  return tensors;
}

void WeightAverage::restore(const TensorMap& tensors, const TensorMap& weights,
                            const std::string& where) {
  if (!on()) return;
  TensorMap mean = copied(weights);  // on their device, laid out in memory as they are
  const auto updates = tensors.find("updates");
  for (auto& [name, tensor] : mean) {
    const auto found = tensors.find(name);
    if (updates == tensors.end() || found == tensors.end() ||
        found->second.sizes() != tensor.sizes()) {
      throw Error(where, "holds no average of these weights ('" + name + "')",
                  "Resume with the settings the checkpoint was made with");
    }
    tensor.copy_(found->second);
  }
  updates_ = updates->second.item<int64_t>();
  mean_ = std::move(mean);
}

}  // namespace afterimage
