#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/networks/network_table.h"
#include "afterimage/networks/vision_transformer.h"
#include "reference/formula.h"

// The pretrained networks against torchvision, timm, OpenCLIP and transformers
// (tests/reference/make_pretrained.py), with weights by the formula.
namespace afterimage {
namespace {

using reference::error;
using reference::wave;
using Shapes = std::map<std::string, std::vector<int64_t>>;

struct Reference {
  TensorMap tensors;
  std::map<std::string, Shapes> states;  // names and shapes in the public implementation
};

const Reference& reference_file() {
  static const Reference file = [] {
    Reference read;
    TextMap metadata;
    read.tensors =
        read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/pretrained.safetensors", &metadata);
    nlohmann::json::parse(metadata.at("states")).get_to(read.states);
    return read;
  }();
  return file;
}

TensorMap formula_weights(const std::string& name) {
  TensorMap weights;
  double place = 0;
  for (const auto& [key, shape] : reference_file().states.at(name)) {
    weights[key] = reference::pretrained_weight(key, shape, place++);
  }
  return weights;
}

/// Weights of these shapes that nobody wrote: they take no memory until they are read.
TensorMap unwritten_weights(const std::string& name) {
  TensorMap weights;
  for (const auto& [key, shape] : reference_file().states.at(name)) {
    weights[key] = at::empty(shape, at::kFloat);
  }
  return weights;
}

struct Case {
  std::string name;    // in the reference file
  NetworkEntry entry;  // must outlive the network
  std::vector<int64_t> images;
};

NetworkEntry tiny(const std::string& name) {
  NetworkEntry entry;
  entry.name = name;
  if (name.starts_with("tiny-clip")) {
    entry.make = [](const NetworkEntry& own, const WeightFile& file) {
      return make_clip_vision(own, {32, 8, 128, 2, 2, 48}, file);
    };
  } else {
    entry.make = [](const NetworkEntry& own, const WeightFile& file) {
      return make_dinov2(own, {56, 14, 48, 2, 3}, file);
    };
  }
  return entry;
}

/// Outputs, and the gradient of sum(mean(output * wave)) for the image.
void expect_parity(FeatureNetwork& network, const Case& which, at::ScalarType type,
                   double tolerance) {
  network.to(type);
  const auto& expected = reference_file().tensors;
  const auto images = (wave(which.images) * 0.5 + 0.5).to(type).requires_grad_();
  std::vector<std::string> taps;
  for (const auto& [key, tensor] : expected) {
    if (key.starts_with(which.name + "/") && !key.ends_with("image_gradient")) {
      taps.push_back(key.substr(which.name.size() + 1));
    }
  }
  ASSERT_GE(taps.size(), 3u);
  const auto outputs = network.forward(images, taps);
  at::Tensor total = at::zeros({}, type);
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto& output = outputs[i];
    EXPECT_LT(error(output, expected.at(which.name + "/" + taps[i]), 1 + output.numel() / 300),
              tolerance)
        << taps[i];
    total = total + (output * wave(output.sizes(), 2).to(type)).mean();
  }
  if (type != at::kDouble) return;  // in float32 a rectifier at zero may go either way
  total.backward();
  EXPECT_LT(
      error(images.grad(), expected.at(which.name + "/image_gradient"), 1 + images.numel() / 600),
      tolerance);
}

class Pretrained : public ::testing::TestWithParam<Case> {};

TEST_P(Pretrained, AgreesWithThePublicImplementation) {
  const Case& which = GetParam();
  const auto weights = formula_weights(which.name);
  const auto network = which.entry.make(which.entry, {weights, "formula", ""});
  expect_parity(*network, which, at::kDouble, 1e-10);  // first: float32 rounds the constants
  expect_parity(*network, which, at::kFloat, 1e-5);
}

Case full(const std::string& name, std::vector<int64_t> images) {
  return {name, network_entry(name), std::move(images)};
}

INSTANTIATE_TEST_SUITE_P(
    All, Pretrained,
    ::testing::Values(full("resnet50-v1", {1, 3, 48, 64}), full("inception", {1, 3, 107, 107}),
                      full("inception-fid", {1, 3, 107, 107}),
                      full("efficientnet-b1", {1, 3, 48, 64}),
                      Case{"tiny-clip", tiny("tiny-clip"), {2, 3, 32, 32}},
                      Case{"tiny-clip-hf", tiny("tiny-clip-hf"), {2, 3, 32, 32}},
                      Case{"tiny-dinov2", tiny("tiny-dinov2"), {2, 3, 56, 56}},
                      Case{"tiny-dinov2-other", tiny("tiny-dinov2-other"), {2, 3, 84, 42}}),
    [](const ::testing::TestParamInfo<Case>& which) {
      auto name = which.param.name;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

// The full transformers take the public implementation's names and shapes, and nothing else.
TEST(PretrainedNetworks, TransformersHaveTheSizeOfThePublicOnes) {
  for (const auto& [name, network] : {std::pair("clip-b32", "clip-b32"),
                                      {"clip-b32-hf", "clip-b32"},
                                      {"clip-l14", "clip-l14"},
                                      {"dinov2-s", "dinov2-s"},
                                      {"dinov2-b", "dinov2-b"}}) {
    SCOPED_TRACE(name);
    const auto weights = unwritten_weights(name);
    const auto made = make_feature_network(network, weights, name);
    int64_t ours = 0, theirs = 0;
    for (const auto& parameter : made->parameters()) ours += parameter.numel();
    for (const auto& [key, tensor] : weights) theirs += tensor.numel();
    EXPECT_EQ(ours, theirs);
  }
}

std::string message(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& problem) {
    return problem.what();
  }
  return "no error";
}

TEST(PretrainedNetworks, SaysWhatIsWrong) {
  auto weights = unwritten_weights("dinov2-s");
  weights.erase("blocks.7.ls2.gamma");
  EXPECT_EQ(message([&] { make_feature_network("dinov2-s", weights, "here"); })
                .rfind("here: 'blocks.7.ls2.gamma' is missing. Weights of the DINOv2 project's "
                       "dinov2_vits14 (without registers) are needed: python3",
                       0),
            0u);
  EXPECT_EQ(
      message([&] { make_feature_network("dinov2-b", unwritten_weights("dinov2-s"), "here"); })
          .rfind("here: 'patch_embed.proj.weight' is [384, 3, 14, 14], dinov2-b has [768, 3, "
                 "14, 14].",
                 0),
      0u);
  const auto inception = make_feature_network("inception", unwritten_weights("inception"), "here");
  EXPECT_EQ(message([&] {
              inception->forward(at::rand({1, 3, 74, 90}), {"avgpool"});
            }),
            "network inception: images with a side of 74 are too small. It needs at least 75 "
            "pixels");
  EXPECT_EQ(message([&] {
              inception->forward(at::rand({1, 3, 90, 90}), {"Mixed_7d"});
            }),
            "network inception: there is no layer 'Mixed_7d'. Did you mean 'Mixed_5d'?");
}

// Weights of the SwAV project have "module." before their names and no classifier.
TEST(PretrainedNetworks, SelfSupervisedResNetIsTheSameNetwork) {
  const auto plain = formula_weights("resnet50-v1");
  TensorMap named;
  for (const auto& [key, tensor] : plain) {
    if (!key.starts_with("fc.")) named["module." + key] = tensor;
  }
  named["module.prototypes.weight"] = at::zeros({3000, 128});
  const auto swav = make_feature_network("swav", named, "here");
  const auto resnet = make_feature_network("resnet50-v2", plain, "here");
  const auto images = wave({1, 3, 40, 40}).to(at::kFloat) * 0.5 + 0.5;
  EXPECT_TRUE(
      at::equal(swav->forward(images, {"avgpool"})[0], resnet->forward(images, {"avgpool"})[0]));
  EXPECT_EQ(swav->layers().back(), "avgpool");
  EXPECT_EQ(resnet->layers().back(), "logits");
}

// Every size of image goes in: CLIP resizes, DINOv2 enlarges to whole patches.
TEST(PretrainedNetworks, TransformersTakeImagesOfAnySize) {
  const auto images = (wave({1, 3, 30, 41}) * 0.5 + 0.5).to(at::kFloat);
  // tokens: the class and 4 x 4 patches; the class and 42 x 42 pixels in patches of 14
  for (const auto& [name, tokens] : {std::pair("tiny-clip", 1 + 4 * 4), {"tiny-dinov2", 1 + 9}}) {
    const auto entry = tiny(name);
    const auto weights = formula_weights(name);
    const auto network = entry.make(entry, {weights, "formula", ""});
    const auto path = network->layers().front();
    const auto outputs = network->forward(images, {path, "embedding", path});
    EXPECT_EQ(outputs[0].size(1), tokens) << name;
    EXPECT_TRUE(at::equal(outputs[0], outputs[2]));
    EXPECT_TRUE(outputs[1].isfinite().all().item<bool>());
  }
}

TEST(PretrainedNetworks, LossLayersAreLayers) {
  for (const auto& name : {"resnet50-v1", "inception", "efficientnet-b1", "clip-b32", "dinov2-s"}) {
    const auto network = make_feature_network(name, unwritten_weights(name), "here");
    const auto layers = network->layers();
    EXPECT_FALSE(network->loss_layers().empty());
    for (const auto& layer : network->loss_layers()) {
      EXPECT_NE(std::find(layers.begin(), layers.end(), layer), layers.end()) << name << layer;
    }
  }
}

}  // namespace
}  // namespace afterimage
