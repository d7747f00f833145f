#include "afterimage/networks/feature_network.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "afterimage/base/error.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using reference::error;
using reference::wave;

const std::string squeezenet_weights =
    std::string(AFTERIMAGE_ASSETS) + "/weights/squeezenet1_0.safetensors";

/// Weights by the formula. The shapes are torchvision's, written here once more so that the table
/// is held against something else than itself.
TensorMap formula_weights(const std::vector<std::pair<std::string, std::vector<int64_t>>>& layers) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& [name, shape] : layers) {
    shapes[name + ".weight"] = shape;
    shapes[name + ".bias"] = {shape[0]};
  }
  TensorMap weights;
  double place = 0;
  for (const auto& [name, shape] : shapes) {
    weights[name] = reference::weight(name, shape, place++, at::kFloat).to(at::kFloat);
  }
  return weights;
}

TensorMap alexnet_weights() {
  return formula_weights({{"features.0", {64, 3, 11, 11}},
                          {"features.3", {192, 64, 5, 5}},
                          {"features.6", {384, 192, 3, 3}},
                          {"features.8", {256, 384, 3, 3}},
                          {"features.10", {256, 256, 3, 3}},
                          {"classifier.1", {4096, 9216}},
                          {"classifier.4", {4096, 4096}},
                          {"classifier.6", {1000, 4096}}});
}

TensorMap vgg19_weights() {
  std::vector<std::pair<std::string, std::vector<int64_t>>> layers;
  const int64_t places[] = {0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34};
  const int64_t widths[] = {64,  64,  128, 128, 256, 256, 256, 256,
                            512, 512, 512, 512, 512, 512, 512, 512};
  int64_t in = 3;
  for (size_t i = 0; i < 16; ++i) {
    layers.push_back({"features." + std::to_string(places[i]), {widths[i], in, 3, 3}});
    in = widths[i];
  }
  layers.push_back({"classifier.0", {4096, 25088}});
  layers.push_back({"classifier.3", {4096, 4096}});
  layers.push_back({"classifier.6", {1000, 4096}});
  return formula_weights(layers);
}

/// Outputs of `taps` and the gradient of sum(mean(output * wave)) for the image, as PyTorch has
/// them.
void expect_parity(FeatureNetwork& network, const std::vector<std::string>& taps,
                   at::ScalarType type, double tolerance) {
  const TensorMap expected = reference::read("networks.safetensors");
  network.to(type);
  const int64_t side = network.network() == "vgg19" ? 32 : 64;
  const auto images = (wave({1, 3, side, side + 8}) * 0.5 + 0.5).to(type).requires_grad_();
  const auto outputs = network.forward(images, taps);
  at::Tensor total = at::zeros({}, type);
  for (size_t i = 0; i < taps.size(); ++i) {
    const auto& output = outputs[i];
    // torchvision flattens after classifier.3 of SqueezeNet, which is what "logits" is
    const std::string key =
        network.network() + "." + (taps[i] == "logits" ? "classifier.3" : taps[i]);
    EXPECT_LT(error(output, expected.at(key), 1 + output.numel() / 300), tolerance) << taps[i];
    total = total + (output * wave(output.sizes(), 2).to(type)).mean();
  }
  if (type != at::kDouble) return;  // in float32 a rectifier at zero may go either way
  total.backward();
  EXPECT_LT(error(images.grad(), expected.at(network.network() + ".image_gradient"), 29),
            tolerance);
}

TEST(FeatureNetwork, SqueezeNetAgreesWithPyTorch) {
  const auto network = load_feature_network_from("squeezenet", squeezenet_weights);
  const std::vector<std::string> taps = {"features.1", "features.4", "features.12", "logits"};
  expect_parity(*network, taps, at::kDouble, 1e-10);
  expect_parity(*network, taps, at::kFloat, 1e-5);
}

TEST(FeatureNetwork, AlexNetAgreesWithPyTorch) {
  const auto network = make_feature_network("alexnet", alexnet_weights(), "formula");
  const std::vector<std::string> taps = {"features.2", "features.9", "classifier.1",
                                         "classifier.6"};
  expect_parity(*network, taps, at::kDouble, 1e-10);
  expect_parity(*network, taps, at::kFloat, 1e-5);
}

TEST(FeatureNetwork, Vgg19AgreesWithPyTorch) {
  const auto network = make_feature_network("vgg19", vgg19_weights(), "formula");
  const std::vector<std::string> taps = {"features.7", "features.21", "features.34",
                                         "classifier.6"};
  expect_parity(*network, taps, at::kDouble, 1e-10);
  expect_parity(*network, taps, at::kFloat, 1e-5);
}

TEST(FeatureNetwork, TapsDoNotDependOnWhatElseIsAsked) {
  const auto network = load_feature_network_from("squeezenet", squeezenet_weights);
  const auto images = at::rand({2, 3, 64, 64});
  // features.0 is a convolution whose ReLU would like to work in place.
  const auto both = network->forward(images, {"features.1", "features.0", "features.12"});
  EXPECT_TRUE(at::equal(both[1], network->forward(images, {"features.0"})[0]));
  EXPECT_TRUE(at::equal(both[0], network->forward(images, {"features.1"})[0]));
  EXPECT_LT(both[1].min().item<double>(), 0);
  EXPECT_GE(both[0].min().item<double>(), 0);
}

TEST(FeatureNetwork, ParametersAreFrozenAndNamedAsInTorchvision) {
  const auto network = load_feature_network_from("squeezenet", squeezenet_weights);
  const TensorMap file = read_safetensors(squeezenet_weights);
  const auto parameters = network->named_parameters();
  EXPECT_EQ(parameters.size(), file.size());
  for (const auto& [name, tensor] : file) {
    ASSERT_TRUE(parameters.contains(name)) << name;
    EXPECT_TRUE(at::equal(parameters[name], tensor)) << name;
    EXPECT_FALSE(parameters[name].requires_grad()) << name;
  }
  for (const auto& name : network->loss_layers()) {
    const auto layers = network->layers();
    EXPECT_NE(std::find(layers.begin(), layers.end(), name), layers.end()) << name;
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

TEST(FeatureNetwork, SaysWhatIsWrong) {
  const auto network = load_feature_network_from("squeezenet", squeezenet_weights);
  EXPECT_EQ(message([&] {
              network->forward(at::rand({1, 3, 64, 64}), {"feature.4"});
            }),
            "network squeezenet: there is no layer 'feature.4'. Did you mean 'features.4'?");
  EXPECT_EQ(
      message([&] {
        network->forward(at::rand({1, 3, 16, 64}), {"features.12"});
      }),
      "network squeezenet: images with a side of 16 are too small. The layers asked for need at "
      "least 21 pixels");
  EXPECT_EQ(network->forward(at::rand({1, 3, 21, 21}), {"features.12"})[0].size(2), 1);
  EXPECT_EQ(message([] { load_feature_network("squeezent", ""); }),
            "networks: there is no feature network 'squeezent'. Did you mean 'squeezenet'?");
}

TEST(FeatureNetwork, RefusesWeightsOfAnotherNetwork) {
  EXPECT_EQ(
      message([] { load_feature_network_from("alexnet", squeezenet_weights); }),
      squeezenet_weights +
          ": 'features.0.weight' is [96, 3, 7, 7], alexnet has [64, 3, 11, 11]. Weights of "
          "torchvision's alexnet are needed: python3 -c \"from torchvision.models import alexnet; "
          "alexnet(weights='IMAGENET1K_V1')\"");
  TensorMap weights = read_safetensors(squeezenet_weights);
  weights.erase("features.4.expand3x3.bias");
  const auto what = message([&] { make_feature_network("squeezenet", weights, "here"); });
  EXPECT_EQ(what.rfind("here: 'features.4.expand3x3.bias' is missing.", 0), 0u) << what;
}

/// An empty home and data folder, and a folder for weights.
class FindWeights : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("find_weights_test." + std::to_string(::getpid()));
    for (const char* name :
         {"HOME", "AFTERIMAGE_DATA", "XDG_CACHE_HOME", "TORCH_HOME", "AFTERIMAGE_WEIGHTS"}) {
      if (const char* value = std::getenv(name)) before_[name] = value;
      ::unsetenv(name);
    }
    ::setenv("HOME", folder_.c_str(), 1);
    ::setenv("AFTERIMAGE_DATA", folder_.c_str(), 1);
    fs::create_directories(folder_);
  }
  void TearDown() override {
    ::unsetenv("AFTERIMAGE_WEIGHTS");
    ::unsetenv("AFTERIMAGE_DATA");
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
    fs::remove_all(folder_);
  }
  fs::path touch(const fs::path& file) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << "x";
    return folder_ / file;
  }

  fs::path folder_;
  std::map<std::string, std::string> before_;
};

TEST_F(FindWeights, LooksFromTheMostExplicitPlaceToTheLast) {
  EXPECT_EQ(find_weights("vgg19", ""), "");
  const auto shipped = touch("weights/vgg19.safetensors");
  EXPECT_EQ(find_weights("vgg19", ""), shipped);
  const auto cached = touch(".cache/torch/hub/checkpoints/vgg19-dcbb9e9d.pth");
  EXPECT_EQ(find_weights("vgg19", ""), cached);
  const auto own = touch(".local/share/afterimage/weights/vgg19.pth");
  EXPECT_EQ(find_weights("vgg19", ""), own);
  const auto environment = touch("environment/vgg19-dcbb9e9d.pth");
  ::setenv("AFTERIMAGE_WEIGHTS", environment.parent_path().c_str(), 1);
  EXPECT_EQ(find_weights("vgg19", ""), environment);
  const auto named = touch("named/vgg19-dcbb9e9d.pth");
  EXPECT_EQ(find_weights("vgg19", named.parent_path()), named);
  EXPECT_EQ(find_weights("alexnet", named.parent_path()), "");
  EXPECT_THROW(find_weights("vgg19", (folder_ / "nowhere").string()), Error);
}

TEST_F(FindWeights, KnowsANetworkByTheBeginningOfItsFile) {
  touch("weights/vgg19_bn-c79401a0.pth");
  touch("weights/vgg19.txt");
  EXPECT_EQ(find_weights("vgg19", ""), "");
  const auto weights = touch("weights/squeezenet1_0-b66bff10.pth");
  EXPECT_EQ(find_weights("squeezenet", ""), weights);
}

TEST_F(FindWeights, SaysHowToFetchWhatIsNotThere) {
  EXPECT_EQ(message([] { load_feature_network("vgg19", ""); }),
            "network vgg19: no weights found. Fetch them once with: python3 -c \"from "
            "torchvision.models import vgg19; vgg19(weights='IMAGENET1K_V1')\"");
}

}  // namespace
}  // namespace afterimage
