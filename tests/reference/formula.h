#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "afterimage/formats/safetensors.h"

// Numbers that C++ and Python can both compute, in place of large fixtures (formula.py is its
// twin), and the comparison with what PyTorch made of them.
namespace afterimage::reference {

/// sin(12.9898 i + phase) over the elements in row-major order, float64.
inline at::Tensor wave(at::IntArrayRef shape, double phase = 0) {
  return at::sin(at::arange(c10::multiply_integers(shape), at::kDouble) * 12.9898 + phase)
      .view(shape);
}

/// A parameter by its name: variance is kept, and a dense layer's rows repeat after 61, in the
/// parameter's type: such layers are large.
inline at::Tensor weight(const std::string& name, at::IntArrayRef shape, double phase,
                         at::ScalarType type) {
  if (shape.size() == 1) {
    const bool near_one = name.find("norm") != std::string::npos && name.ends_with("weight");
    return wave(shape, phase) * 0.1 + (near_one ? 1.0 : 0.0);
  }
  const auto fan = static_cast<double>(c10::multiply_integers(shape) / shape[0]);
  const double scale = 2 / std::sqrt(fan);
  if (shape.size() == 4 || shape[0] <= 61) return wave(shape, phase) * scale;
  const auto rows = (wave({61, shape[1]}, phase) * scale).to(type);
  return rows.repeat({(shape[0] + 60) / 61, 1}).slice(0, 0, shape[0]);
}

/// A weight or buffer of a pretrained network: normalisations near 1, embeddings of the order 1.
inline at::Tensor pretrained_weight(const std::string& name, at::IntArrayRef shape, double phase) {
  const bool normalises = shape.size() == 1 && name.ends_with("weight");
  if (name.ends_with("running_var") || name.ends_with("gamma") || normalises) {
    return 1 + wave(shape, phase) * 0.1;
  }
  const bool embeds = name.find("embed") != std::string::npos && shape.size() != 4;
  if (embeds || name.ends_with("token")) return wave(shape, phase) * 0.5;
  return weight(name, shape, phase, at::kDouble);
}

/// Sets every parameter; its phase is its place in alphabetical order.
inline void fill(torch::nn::Module& module) {
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> parameters;
  for (const auto& entry : module.named_parameters()) parameters[entry.key()] = entry.value();
  double place = 0;
  for (auto& [name, parameter] : parameters) {
    parameter.copy_(weight(name, parameter.sizes(), place++, parameter.scalar_type()));
  }
}

/// Largest difference over the largest expected value, where `expected` holds every stride-th
/// element of `found` in row-major order.
inline double error(const at::Tensor& found, const at::Tensor& expected, int64_t stride = 1) {
  const auto ours =
      found.detach().to(at::kDouble).contiguous().flatten().slice(0, 0, found.numel(), stride);
  const auto theirs = expected.to(at::kDouble).flatten();
  if (ours.sizes() != theirs.sizes()) return INFINITY;
  return ((ours - theirs).abs().max() / (theirs.abs().max() + 1e-30)).item<double>();
}

inline TensorMap read(const std::string& file) {
  return read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/" + file);
}

}  // namespace afterimage::reference
