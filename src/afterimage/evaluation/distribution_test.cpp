#include "afterimage/evaluation/distribution.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "afterimage/base/example_run.h"
#include "afterimage/formats/safetensors.h"
#include "afterimage/networks/network_table.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

const TensorMap& expected_file() {
  static const TensorMap file =
      read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/evaluation/distribution.safetensors");
  return file;
}

double difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

std::vector<int64_t> whole_numbers(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<int64_t>(), tensor.const_data_ptr<int64_t>() + tensor.numel()};
}

// SciPy's matrix root; NumPy pair by pair (tests/reference/make_distribution.py).
TEST(Distribution, AreTheReferences) {
  const auto& file = expected_file();
  const auto &x = file.at("x"), &y = file.at("y");
  EXPECT_NEAR(frechet_distance(x, y), file.at("frechet").item<double>(), 1e-10);
  const auto values = kernel_distance_values(x, y, Stimuli(x.size(0)));
  EXPECT_LT(difference(values, file.at("kernel.values")), 1e-10);
  EXPECT_NEAR(values.mean().item<double>(), file.at("kernel").item<double>(), 1e-10);
  EXPECT_NEAR(root_mean_square(x), file.at("root_mean_square").item<double>(), 1e-12);
  const auto sums = moments(x, y);
  EXPECT_LT(difference(cosine_of_moments(sums), file.at("cosine")), 1e-12);
  EXPECT_LT(difference(1 - pearson_of_moments(sums), file.at("distance")), 1e-12);
}

TEST(Distribution, EachStimulusCountsAlikeInTheKernelDistance) {
  const auto& file = expected_file();
  const auto values = kernel_distance_values(file.at("x"), file.at("trials"),
                                             Stimuli(whole_numbers(file.at("stimulus"))));
  EXPECT_LT(difference(values, file.at("trials.values")), 1e-10);
}

TEST(Distribution, OfASetToItselfIsZero) {
  const auto x = at::randn({40, 8}, at::detail::createCPUGenerator(1), at::kDouble);
  EXPECT_NEAR(frechet_distance(x, x), 0, 1e-9);
  EXPECT_NEAR(kernel_distance_values(x, x, Stimuli(40)).mean().item<double>(), 0, 1e-12);
  EXPECT_GT(frechet_distance(x, x + 1), 7.9);  // 8 units moved by 1
  EXPECT_GT(kernel_score(x, x + 1, Stimuli(40)).value, 0.5);
}

TEST(Distribution, TooFewImagesAreRefused) {
  const auto x = at::randn({24, 24}, at::detail::createCPUGenerator(1));
  EXPECT_EQ(frechet_score(x, x, Stimuli(24)).not_computed,
            "FID over 24 units needs more images than that, here are 24; see KID");
  EXPECT_EQ(frechet_score(x.narrow(1, 0, 23), x.narrow(1, 0, 23), Stimuli(24)).not_computed, "");
  EXPECT_EQ(kernel_score(x.narrow(0, 0, 19), x.narrow(0, 0, 19), Stimuli(19)).not_computed,
            "KID needs 20 images, here are 19");
  EXPECT_EQ(kernel_score(x, x, Stimuli(24)).columns.size(0), 24);
  const Stimuli trials(std::vector<int64_t>{0, 1, 2, 0});
  EXPECT_NE(frechet_score(x.narrow(0, 0, 3), x.narrow(0, 0, 4), trials).not_computed, "");
}

/// The metrics of one network by name, over images that are alike and not the same.
class NetworkMetrics : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("HOME", "/nonexistent", 1);
    for (const auto* name : {"AFTERIMAGE_WEIGHTS", "TORCH_HOME", "XDG_CACHE_HOME"}) {
      ::unsetenv(name);
    }
    truth_ = at::rand({24, 3, 20, 20}, at::detail::createCPUGenerator(1));
    made_ = 0.5 * truth_ + 0.5 * at::rand(truth_.sizes(), at::detail::createCPUGenerator(2));
  }

  Score score(const std::string& metric, const RunContext& run) const {
    return find_metrics({metric}).front()->compute(ImagePairs(truth_, made_, run));
  }

  at::Tensor truth_, made_;
};

TEST_F(NetworkMetrics, KernelDistanceOfSqueezeNetIsThatOfItsMeans) {
  const auto weights = std::string(AFTERIMAGE_ASSETS) + "/weights";
  RunOptions options;
  options.weights = weights;
  const auto run = example::prepared_run(options);
  const auto network = load_feature_network("squeezenet", weights);
  const auto units = [&](const at::Tensor& images) {
    const auto shown = at::_upsample_bicubic2d_aa(images, {64, 64}, false).clamp(0, 1);
    return network->forward(shown, {"features.12"})[0].mean({2, 3});
  };
  const auto seen = units(truth_), made = units(made_);
  const auto scale = seen.square().mean().sqrt();  // a fresh scale for every set of true images
  EXPECT_GT(scale.item<double>(), 3);
  const auto expected = kernel_distance_values(seen / scale, made / scale, Stimuli(24));
  const auto found = score("squeezenet-kid", run);
  EXPECT_NEAR(found.value, expected.mean().item<double>(), 1e-6 * std::abs(found.value));
  EXPECT_GT(found.value, 0);
  EXPECT_LT(found.value, 100);
  EXPECT_NE(score("squeezenet-fid", run).not_computed.find("512 units"), std::string::npos);
}

// Distances of MindEye's protocol: 224 pixels for SwAV, bilinear, 1 - r of the pooled units.
TEST_F(NetworkMetrics, DistanceIsThatOfTheNetworkOnResizedImages) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "network_metrics";
  std::filesystem::create_directories(folder);
  TextMap metadata;
  read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/pretrained.safetensors", &metadata);
  TensorMap weights;
  auto generator = at::detail::createCPUGenerator(3);
  const auto states = nlohmann::json::parse(metadata.at("states"));
  for (const auto& [name, sizes] : states.at("resnet50-v1").items()) {
    const auto shape = sizes.get<std::vector<int64_t>>();
    const auto fan = c10::multiply_integers(shape) / shape[0];
    const bool one = name.ends_with("running_var") || name.ends_with("weight");
    weights["module." + name] =
        shape.size() == 1 ? at::full(shape, one ? 1.0 : 0.0)
                          : at::randn(shape, generator) / std::sqrt(static_cast<double>(fan));
  }
  write_safetensors(folder / "swav.safetensors", weights);
  RunOptions options;
  options.weights = folder.string();
  const auto run = example::prepared_run(options);
  const auto coarse = [&] {
    return at::rand({2, 3, 2, 2}, generator).repeat_interleave(10, 2).repeat_interleave(10, 3);
  };
  truth_ = coarse();
  made_ = coarse();
  const auto found = score("swav-distance", run);
  const auto network = make_feature_network("swav", weights, "here");
  const auto units = [&](const at::Tensor& images) {
    return network->forward(at::_upsample_bilinear2d_aa(images, {224, 224}, false), {"avgpool"})[0];
  };
  const auto x = units(truth_), y = units(made_);
  for (int64_t i = 0; i < 2; ++i) {
    const auto r = at::corrcoef(at::stack({x[i], y[i]}))[0][1].item<double>();
    EXPECT_NEAR(found.per_image.at(static_cast<size_t>(i)), 1 - r, 1e-5);
    EXPECT_GT(1 - r, 1e-3);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace afterimage
