#include "afterimage/fields/nif_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <map>

#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

/// Output and every gradient against tests/reference/fields/make_nif.py.
void expect_parity(const std::string& name, int64_t frames, at::ScalarType type, double tolerance) {
  const auto expected = reference::read("fields/nif.safetensors");
  NifNetwork network({16, frames, 3, 2, {4, 2, 3}});
  network.to(type);
  std::map<std::string, at::Tensor> parameters;
  for (const auto& entry : network.named_parameters()) parameters[entry.key()] = entry.value();
  double place = 0;
  {
    const torch::NoGradGuard no_gradients;
    for (auto& [key, value] : parameters) value.copy_(wave(value.sizes(), place++));
  }
  const auto shape =
      frames > 1 ? std::vector<int64_t>{2, 1, frames, 16, 16} : std::vector<int64_t>{3, 1, 16, 16};
  const auto stimuli = wave(shape).to(type).requires_grad_();
  const auto output = network.forward(stimuli);
  (output * wave(output.sizes(), 1).to(type)).sum().backward();
  EXPECT_LT(error(output, expected.at(name + ".output")), tolerance);
  EXPECT_LT(error(stimuli.grad(), expected.at(name + ".input")), tolerance);
  for (const auto& [key, value] : parameters) {
    EXPECT_LT(error(value.grad(), expected.at(name + ".grad." + key)), tolerance) << key;
  }
}

TEST(NifNetwork, OfImagesAgreesWithPyTorch) {
  expect_parity("image", 1, at::kDouble, 1e-10);
  expect_parity("image", 1, at::kFloat, 2e-5);
}

TEST(NifNetwork, OfClipsAgreesWithPyTorch) {
  expect_parity("clip", 4, at::kDouble, 1e-10);
  expect_parity("clip", 4, at::kFloat, 2e-5);
}

TEST(NifNetwork, MapsArePositive) {
  NifNetwork network({16, 1, 3, 2, {4, 2, 3}});
  network.initialise(at::detail::createCPUGenerator(3));
  const auto maps = network.maps(1);
  EXPECT_EQ(maps.sizes(), (std::vector<int64_t>{2, 4, 4}));
  EXPECT_GT(maps.min().item<double>(), 0);
}

}  // namespace
}  // namespace afterimage
