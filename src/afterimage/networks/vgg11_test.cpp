#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "afterimage/networks/feature_network.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

/// Weights by the formula, as make_vgg11.py fills them: the convolutions alone, in alphabetical
/// order of their place ("0", "11", "13", ...). The shapes are torchvision's.
TensorMap weights() {
  const int64_t places[] = {0, 3, 6, 8, 11, 13, 16, 18};
  const int64_t widths[] = {64, 128, 256, 256, 512, 512, 512, 512};
  std::map<std::string, std::vector<int64_t>> shapes;
  int64_t in = 3;
  for (size_t i = 0; i < 8; ++i) {
    const auto name = std::to_string(places[i]);
    shapes[name + ".weight"] = {widths[i], in, 3, 3};
    shapes[name + ".bias"] = {widths[i]};
    in = widths[i];
  }
  TensorMap out;
  double place = 0;
  for (const auto& [name, shape] : shapes) {
    out["features." + name] = reference::weight(name, shape, place++, at::kFloat).to(at::kFloat);
  }
  for (const auto& [name, units] :
       {std::pair("0", std::pair(4096, 25088)), {"3", {4096, 4096}}, {"6", {1000, 4096}}}) {
    out[std::string("classifier.") + name + ".weight"] = at::zeros({units.first, units.second});
    out[std::string("classifier.") + name + ".bias"] = at::zeros({units.first});
  }
  return out;
}

TEST(FeatureNetwork, Vgg11AgreesWithPyTorch) {
  const auto expected = reference::read("vgg11.safetensors");
  const auto network = make_feature_network("vgg11", weights(), "formula");
  EXPECT_EQ(network->loss_layers(), std::vector<std::string>{"features.18"});
  const std::vector<std::string> taps = {"features.3", "features.18"};
  network->to(at::kDouble);
  const auto images = (wave({1, 3, 32, 40}) * 0.5 + 0.5).requires_grad_();
  const auto outputs = network->forward(images, taps);
  at::Tensor total = at::zeros({}, at::kDouble);
  for (size_t i = 0; i < taps.size(); ++i) {
    EXPECT_LT(error(outputs[i], expected.at(taps[i]), 1 + outputs[i].numel() / 300), 1e-10)
        << taps[i];
    total = total + (outputs[i] * wave(outputs[i].sizes(), 2)).mean();
  }
  total.backward();
  EXPECT_LT(error(images.grad(), expected.at("image_gradient"), 29), 1e-10);
}

}  // namespace
}  // namespace afterimage
