#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/bernoulli.h>
#include <ATen/ops/full.h>

namespace afterimage {

/// Dropout (Srivastava et al. 2014) that draws from a run's own generator (CPU), so that a training
/// that is resumed draws as one that was not: an element is kept with probability 1 - p and divided
/// by it.
inline at::Tensor dropout(const at::Tensor& x, double p, const at::Generator& generator) {
  const auto kept = at::bernoulli(at::full(x.sizes(), 1 - p, at::kFloat), generator);
  return x * (kept / (1 - p)).to(x.device(), x.scalar_type());
}

}  // namespace afterimage
