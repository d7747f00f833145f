#pragma once

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/example_run.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/recordings/recording.h"

/// For the tests of the checks: a recording of blurred colour fields, and decoders of it that are
/// honest or are not.
namespace afterimage::example {

inline at::Generator stream(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

class CheckWorld : public testing::Test {
 protected:
  static constexpr int64_t kTrain = 80, kTest = 24, kSide = 16, kCategories = 6;

  CheckWorld() : run_(prepared_run(with_weights())) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string(test->name()) + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    const int64_t count = kTrain + kTest;
    // What images of one category have in common, and what is their own.
    const auto common = at::randn({kCategories, 3, 4, 4}, stream(1));
    const auto own = at::randn({count, 3, 4, 4}, stream(2));
    std::vector<int64_t> category;
    for (int64_t i = 0; i < count; ++i) category.push_back(i % kCategories);
    const auto coarse = common.index_select(0, at::tensor(category)) + own;
    images_ = (0.5 + 0.15 * at::upsample_bilinear2d(coarse, {kSide, kSide}, false)).clamp(0, 1);
    images_ = images_.mul(255).round().to(at::kByte);
    for (int64_t i = 0; i < count; ++i) {
      info_.stimulus_name.push_back("image " + std::to_string(i));
      info_.stimulus_source.push_back("photo " + std::to_string(i));
      info_.stimulus_category.push_back("kind " + std::to_string(i % kCategories));
      info_.trials.stimulus.push_back(i);
      info_.trials.repeat.push_back(0);
      info_.trials.block.push_back(0);
      info_.trials.split.push_back(i < kTrain ? "train" : "test");
    }
    info_.height = info_.width = kSide;
    info_.bins = {{0, 100}};
    info_.sensors.name = {"one"};
    info_.sensors.roi = {"V1"};
    info_.sensors.array = {-1};
    info_.sensors.x = info_.sensors.y = info_.sensors.size = info_.sensors.reliability = {0.5};
  }
  ~CheckWorld() override { std::filesystem::remove_all(folder_); }

  static RunOptions with_weights() {
    RunOptions options;
    options.weights = AFTERIMAGE_ASSETS "/weights";
    return options;
  }
  Recording recording() const {
    RecordingWriter writer(folder_ / "r.h5", info_, /*force=*/true);
    writer.append_images(images_);
    writer.append_responses(at::zeros({info_.trials.count(), 1, 1}));
    writer.finish();
    return Recording(folder_ / "r.h5");
  }

  at::Tensor floats(int64_t first, int64_t count) const {
    return images_.narrow(0, first, count).to(at::kFloat).div(255);
  }
  at::Tensor truth() const { return floats(kTrain, kTest); }
  /// What an honest decoder makes of responses to `images`: their blur, and noise.
  static at::Tensor decoded(const at::Tensor& images, double noise, uint64_t seed) {
    const auto blurred = at::avg_pool2d(images, 3, 1, 1, false, /*count_include_pad=*/false);
    return (blurred + noise * at::randn(images.sizes(), stream(seed))).clamp(0, 1);
  }
  static Probe probe(const at::Tensor& images, std::vector<int64_t> rows) {
    return {std::move(rows), images.mul(255).round().to(at::kByte)};
  }
  static std::vector<int64_t> rows(int64_t count) {
    std::vector<int64_t> list;
    for (int64_t i = 0; i < count; ++i) list.push_back(i);
    return list;
  }

  /// An honest decoder's reconstruction, with all that `reconstruct` writes.
  Reconstruction honest(const std::string& name = "honest") const {
    Reconstruction r;
    r.name = name;
    r.decoder = "ridge";
    r.split = "test";
    r.train_split = "train";
    r.trained_against.emplace();
    for (int64_t i = 0; i < kTest; ++i) r.stimulus.push_back(kTrain + i);
    r.trials_averaged.assign(kTest, 8);
    r.images = decoded(truth(), 0.05, 3);
    const auto mean = floats(0, kTrain).mean(0, true);
    r.controls["mean"] = mean.expand_as(r.images).contiguous();
    r.controls["retrieval"] = floats(0, kTrain).narrow(0, 0, kTest).contiguous();
    r.controls["shuffled"] = r.images.roll(1, 0);
    r.probes["zero"] = probe(mean, {0});
    r.probes["noise"] = probe(decoded(floats(0, kTest), 0.05, 4), rows(kTest));
    r.probes["recovery"] = probe(decoded(truth(), 0, 5), rows(kTest));
    r.probes["trials-1"] = probe(decoded(truth(), 0.15, 6), rows(kTest));
    r.probes["trials-4"] = probe(decoded(truth(), 0.07, 7), rows(kTest));
    r.probes["half-1"] = probe(decoded(truth(), 0.07, 8), rows(kTest));
    r.probes["half-2"] = probe(decoded(truth(), 0.07, 9), rows(kTest));
    r.batch_difference = 1e-7;
    return r;
  }

  std::vector<CheckResult> checked(const std::vector<Reconstruction>& all,
                                   const std::vector<std::string>& checks,
                                   std::vector<std::string> metrics = {"pixel-correlation",
                                                                       "ssim"}) {
    EvaluationOptions options;
    options.metrics = std::move(metrics);
    options.bootstrap = 200;
    options.checks = checks;
    return evaluate(all, recording(), options, run_).checks;
  }
  CheckResult check_of(const Reconstruction& one, const std::string& check) {
    return checked(std::vector{one}, std::vector{check}).front();
  }

  RunContext run_;
  std::filesystem::path folder_;
  RecordingInfo info_;
  at::Tensor images_;
};

}  // namespace afterimage::example
