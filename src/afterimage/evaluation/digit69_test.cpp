#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "afterimage/decoders/decoder.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/importers/digit69.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {
namespace {

/// Real fMRI of handwritten sixes and nines (van Gerven et al. 2010): 90 training and 10 test
/// images of 28 x 28 px, 3092 voxels.
class Digit69 : public ::testing::Test {
 protected:
  Digit69() : run_(quiet_options()) {
    folder_ =
        std::filesystem::temp_directory_path() / ("digit69_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    Digit69Importer().import(
        {.paths = {std::string(AFTERIMAGE_ASSETS) + "/examples/digit69/digit69_28x28.mat"},
         .out = folder_ / "digit69.h5",
         .force = false,
         .provenance = {}});
  }
  ~Digit69() override { std::filesystem::remove_all(folder_); }

  static RunOptions quiet_options() {
    RunOptions options;
    options.threads = 2;
    return options;
  }

  RunContext run_;
  std::filesystem::path folder_;
};

// scikit-learn's Ridge(alpha=100) on z-scored voxels, clipped to [0, 1]: pixel correlation .7893,
// 2-way identification .9444, top-1 .7; the mean training image .6553.
TEST_F(Digit69, RidgeReadsDigitsFromTheBrain) {
  const Recording recording(folder_ / "digit69.h5");
  const auto normalisation =
      Normalisation::fit(recording, recording.info().trials_of("train", ""), false);
  Samples::Options options;
  options.image_size = 28;
  const Samples train(recording, normalisation, options);
  options.split = "test";
  const Samples test(recording, normalisation, options);

  Reconstruction result;
  result.name = "ridge";
  result.decoder = "ridge";
  result.split = "test";
  result.stimulus = test.stimulus();
  result.trials_averaged = test.trials_averaged();
  const auto responses = test.responses({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  for (const std::string name : {"ridge", "mean", "retrieval"}) {
    const auto decoder = make_decoder(name, "test");
    auto known = decoder->options();
    if (name == "ridge") set_option(find_option(known, "lambda", "test"), "100", "test");
    decoder->build({recording.info().sensors, recording.info().bins, 28}, run_);
    decoder->fit(train, {run_, folder_, false, {}});
    auto& images = name == "ridge" ? result.images : result.controls[name];
    images = decoder->reconstruct(responses);
  }

  EvaluationOptions metrics;
  metrics.metrics = {"pixel-correlation", "pixel-identification-2way", "pixel-identification-nway"};
  const auto scores = evaluate({result}, recording, metrics, run_);
  EXPECT_NEAR(scores.sets[0].scores[0].value, 0.7893, 1e-4);
  EXPECT_NEAR(scores.sets[0].scores[1].value, 85.0 / 90, 1e-12);
  EXPECT_NEAR(scores.sets[0].scores[2].value, 0.7, 1e-12);
  ASSERT_EQ(scores.sets[1].name, "mean");
  EXPECT_NEAR(scores.sets[1].scores[0].value, 0.6553, 1e-4);
  // Better than no decoding at all, image by image.
  const auto& against_mean = scores.comparisons.front();
  EXPECT_EQ(against_mean.second, "mean");
  EXPECT_GT(against_mean.low, 0);
  EXPECT_LT(against_mean.q, 0.05);
}

}  // namespace
}  // namespace afterimage
