#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/formats/safetensors.h"
#include "afterimage/similarity/correlation.h"
#include "afterimage/similarity/ssim.h"

namespace afterimage {
namespace {

/// A run that finds SqueezeNet's weights, and no others, wherever the tests run.
RunContext run_with_squeezenet() {
  ::setenv("HOME", "/nonexistent", 1);
  for (const auto* name : {"AFTERIMAGE_WEIGHTS", "TORCH_HOME", "XDG_CACHE_HOME"}) ::unsetenv(name);
  RunOptions options;
  options.threads = 2;
  options.weights = std::string(AFTERIMAGE_ASSETS) + "/weights";
  return example::prepared_run(options);
}

Score score(const std::string& metric, const ImagePairs& pairs) {
  return find_metrics({metric}).front()->compute(pairs);
}

TensorMap reference(const std::string& name) {
  return read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/evaluation/" + name +
                          ".safetensors");
}

void expect_per_image(const Score& found, const at::Tensor& expected, double tolerance) {
  ASSERT_EQ(found.not_computed, "");
  ASSERT_EQ(static_cast<int64_t>(found.per_image.size()), expected.numel());
  for (size_t i = 0; i < found.per_image.size(); ++i) {
    EXPECT_NEAR(found.per_image[i], expected[static_cast<int64_t>(i)].item<double>(), tolerance)
        << i;
  }
  EXPECT_NEAR(found.value, expected.mean().item<double>(), tolerance);
}

class PixelMetric : public ::testing::TestWithParam<std::string> {};

// NumPy and scikit-image in float64 (tests/reference/make_evaluation.py).
TEST_P(PixelMetric, IsTheReferences) {
  const auto file = reference("metrics");
  const auto run = run_with_squeezenet();
  const ImagePairs pairs(file.at("truth"), file.at("reconstruction"), run);
  expect_per_image(score(GetParam(), pairs), file.at(GetParam()), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(All, PixelMetric,
                         ::testing::Values("pixel-correlation", "ssim", "pixel-mse",
                                           "pixel-identification-2way", "pixel-identification-nway",
                                           "colourfulness-difference"));

TEST(Correlation, SimilarityAndPooledCorrelation) {
  const auto file = reference("metrics");
  const auto x = file.at("truth").flatten(1);
  const auto y = file.at("reconstruction").flatten(1);
  EXPECT_LT((similarity(x, y) - file.at("similarity")).abs().max().item<double>(), 1e-12);
  const auto pooled = score_of_moments(moments(x, y), Stimuli(x.size(0)));
  EXPECT_NEAR(pooled.value, file.at("pooled").item<double>(), 1e-12);
  EXPECT_TRUE(pooled.per_image.empty());
}

// SqueezeNet with its real weights, float32 here against float64 there.
TEST(FeatureMetrics, AreThoseOfThePythonNetwork) {
  const auto file = reference("features");
  const auto run = run_with_squeezenet();
  const auto image = [&](const char* name) { return file.at(name).to(at::kFloat) / 255; };
  const ImagePairs pairs(image("truth"), image("reconstruction"), run);
  int compared = 0;
  for (const auto& metric : metric_table()) {
    if (metric.name.rfind("squeezenet-", 0) != 0) continue;
    SCOPED_TRACE(metric.name);
    const auto found = metric.compute(pairs);
    if (!found.not_computed.empty()) {  // those of distributions want more than five images
      EXPECT_TRUE(metric.name.ends_with("fid") || metric.name.ends_with("kid"));
      continue;
    }
    const auto& expected = file.at(metric.name);
    if (found.per_image.empty()) {
      EXPECT_EQ(found.not_computed, "");
      EXPECT_NEAR(found.value, expected.item<double>(), 1e-5);
    } else {
      expect_per_image(found, expected, 1e-5);
    }
    ++compared;
  }
  EXPECT_EQ(compared, 18);
}

TEST(FeatureMetrics, ProfilesNeedImagesThatVary) {
  const auto run = run_with_squeezenet();
  const auto images = at::rand({4, 3, 64, 64});
  const auto profile = [&](const ImagePairs& pairs) {
    return find_metrics({"squeezenet-features.2-profile"}).front()->compute(pairs);
  };
  EXPECT_NEAR(profile(ImagePairs(images, images, run)).value, 1, 1e-9);
  EXPECT_EQ(profile(ImagePairs(images, images.narrow(0, 0, 1).expand_as(images), run)).value, 0);
  const auto same = profile(ImagePairs(images.narrow(0, 0, 1).expand_as(images), images, run));
  EXPECT_NE(same.not_computed.find("no unit varies"), std::string::npos);
  EXPECT_NE(profile(ImagePairs(images.narrow(0, 0, 2), images.narrow(0, 0, 2), run)).not_computed,
            "");
  const Stimuli trials(std::vector<int64_t>{0, 0, 1, 2});
  EXPECT_NE(profile(ImagePairs(images, images, trials, run)).not_computed, "");
}

// Brain2Pix's names of layers that IRFA's table has under others.
TEST(FeatureMetrics, NamesOfPapersAreUnderstood) {
  const auto own = find_metrics({"alexnet-pool2-distance", "alexnet-pool5-correlation",
                                 "alexnet-conv2-distance", "alexnet-pool2-profile"});
  ASSERT_EQ(own.size(), 3u);
  EXPECT_EQ(own[0]->name, "alexnet-conv2-distance");
  EXPECT_EQ(own[1]->name, "alexnet-conv5-correlation");
  EXPECT_EQ(own[2]->name, "alexnet-conv2-profile");
  EXPECT_THROW(find_metrics({"alexnet-pool3-distance"}), Error);
}

TEST(FeatureMetrics, LpipsOfALayer) {
  const auto file = reference("features");
  const auto found =
      perceptual_distance(file.at("lpips.x"), file.at("lpips.y"), file.at("lpips.weights"));
  EXPECT_LT((found - file.at("lpips.distance")).abs().max().item<double>(), 1e-12);
}

TEST(FeatureMetrics, WithoutWeightsThereIsNoNumber) {
  const auto run = run_with_squeezenet();
  const auto images = at::rand({2, 3, 32, 32});
  const ImagePairs pairs(images, images, run);
  for (const auto* name : {"alexnet-conv1-correlation", "alexnet-5-identification-2way", "lpips",
                           "vgg19-features.7-correlation"}) {
    const auto found = score(name, pairs);
    EXPECT_NE(found.not_computed.find("no weights"), std::string::npos) << name;
    EXPECT_TRUE(found.per_image.empty());
  }
}

TEST(FeatureMetrics, SmallImagesAreEnlarged) {
  const auto run = run_with_squeezenet();
  const auto images = at::rand({3, 3, 28, 28}, at::detail::createCPUGenerator(1));
  const ImagePairs pairs(images, images, run);
  EXPECT_NEAR(score("squeezenet-features.12-correlation", pairs).value, 1, 1e-6);
  EXPECT_NEAR(score("squeezenet-lpips-style", pairs).value, 0, 1e-9);
}

TEST(Metrics, PerfectReconstruction) {
  const auto run = run_with_squeezenet();
  const auto images = at::rand({4, 3, 16, 16}, at::detail::createCPUGenerator(1));
  const ImagePairs pairs(images, images, run);
  for (const auto* name :
       {"pixel-correlation", "ssim", "pixel-identification-2way", "pixel-identification-nway"}) {
    EXPECT_NEAR(score(name, pairs).value, 1, 1e-12) << name;
  }
  EXPECT_EQ(score("pixel-mse", pairs).value, 0);
}

// Gray squares, and one image for all: no NaN, and ties never count as identified.
TEST(Metrics, ConstantImagesCorrelateZeroAndIdentifyNothing) {
  const auto run = run_with_squeezenet();
  const auto truth = at::rand({4, 3, 16, 16}, at::detail::createCPUGenerator(1));
  const ImagePairs gray(truth, at::full_like(truth, 0.3), run);
  for (const auto* name :
       {"pixel-correlation", "pixel-identification-2way", "pixel-identification-nway",
        "hog-correlation", "hog-identification-2way", "oriented-energy-correlation",
        "oriented-energy-identification-2way"}) {
    EXPECT_EQ(score(name, gray).value, 0) << name;
  }
  for (const auto& metric : metric_table()) {
    if (metric.name.rfind("squeezenet-", 0) != 0) continue;
    EXPECT_TRUE(std::isfinite(metric.compute(gray).value)) << metric.name;
  }
  const auto same_truth = truth.narrow(0, 0, 1).expand_as(truth).contiguous();
  const ImagePairs ties(same_truth, truth, run);
  EXPECT_EQ(score("pixel-identification-2way", ties).value, 0);
}

// Several rows of a stimulus: candidates are the stimuli, and a perfect decoder identifies each.
TEST(Metrics, SingleTrialsAreJudgedAgainstOtherStimuli) {
  const auto run = run_with_squeezenet();
  const std::vector<int64_t> shown = {0, 1, 0, 2, 1, 0};
  const auto images = at::rand({3, 3, 64, 64}, at::detail::createCPUGenerator(1));
  const auto truth = images.index_select(0, at::tensor(shown));
  const ImagePairs pairs(truth, truth, Stimuli(shown), run);
  for (const auto& metric : metric_table()) {
    if (metric.name.find("-identification-") == std::string::npos) continue;
    const auto found = metric.compute(pairs);
    if (!found.not_computed.empty()) continue;
    EXPECT_EQ(found.value, 1) << metric.name;
    EXPECT_EQ(found.per_image.size(), 6u);
    EXPECT_EQ(found.columns.size(0), 3);
    EXPECT_EQ(metric.chance(3), metric.name.ends_with("nway") ? 1.0 / 3 : 0.5);
  }
}

// A stimulus counts alike whatever its number of trials, in means and in one correlation of all.
TEST(Metrics, EachStimulusCountsAlike) {
  const Stimuli stimuli(std::vector<int64_t>{0, 0, 0, 1});
  EXPECT_EQ(score_of_images(at::tensor({3., 4., 5., 10.}), stimuli).value, 7);
  const auto x = at::rand({2, 50}, at::detail::createCPUGenerator(1)).to(at::kDouble);
  const auto y = at::rand({2, 50}, at::detail::createCPUGenerator(2)).to(at::kDouble);
  const auto once = moments(x, y);
  const auto more = once.index_select(0, at::tensor({0, 0, 0, 0, 1}));
  const auto score = score_of_moments(more, Stimuli(std::vector<int64_t>{0, 0, 0, 0, 1}));
  EXPECT_EQ(score.value, score_of_moments(once, Stimuli(2)).value);
}

TEST(Metrics, RandomReconstructionsIdentifyAtChance) {
  const auto run = run_with_squeezenet();
  const auto truth = at::rand({300, 3, 8, 8}, at::detail::createCPUGenerator(1));
  const auto random = at::rand({300, 3, 8, 8}, at::detail::createCPUGenerator(2));
  const auto found = score("pixel-identification-2way", ImagePairs(truth, random, run));
  EXPECT_NEAR(found.value, 0.5, 0.05);  // standard error: sqrt(1/12/300) = .017
  EXPECT_LT(score("pixel-identification-nway", ImagePairs(truth, random, run)).value, 0.02);
}

TEST(Metrics, OneImageCannotBeIdentified) {
  const auto run = run_with_squeezenet();
  const auto image = at::rand({1, 3, 16, 16});
  const ImagePairs pairs(image, image, run);
  EXPECT_NE(score("pixel-identification-2way", pairs).not_computed, "");
  EXPECT_NE(score("pixel-identification-nway", pairs).not_computed, "");
  EXPECT_NE(score("squeezenet-features.12-identification-2way", pairs).not_computed, "");
}

TEST(Metrics, ImagesBelowTheWindowHaveNoSsim) {
  const auto run = run_with_squeezenet();
  const auto images = at::rand({2, 3, 10, 10});
  EXPECT_NE(score("ssim", ImagePairs(images, images, run)).not_computed, "");
}

TEST(Metrics, NamesAreUniqueAndKnown) {
  std::set<std::string> names;
  for (const auto& metric : metric_table()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.definition.empty());
  }
  EXPECT_EQ(find_metrics({"ssim", "all"}).size(), names.size());
  try {
    find_metrics({"sssim"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'ssim'"), std::string::npos);
  }
}

}  // namespace
}  // namespace afterimage
