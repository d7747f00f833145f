#include "afterimage/decoders/image_training.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/array_source.h"

namespace afterimage {
namespace {

constexpr int64_t kSamples = 40, kSensors = 12, kSide = 16;

/// Crops of ten photographs, and sensors that each see the brightness of one pixel.
class ImageTrainingTest : public ::testing::Test {
 protected:
  ImageTrainingTest() {
    const auto generator = at::detail::createCPUGenerator(3);
    images_ = at::rand({kSamples, 3, 4, 4}, generator).repeat_interleave(4, 2);
    images_ = images_.repeat_interleave(4, 3);
    for (int64_t i = 0; i < kSensors; ++i) {
      sensors_.name.push_back(std::to_string(i));
      sensors_.roi.push_back("V1");
      sensors_.array.push_back(-1);
      sensors_.x.push_back((0.5 + static_cast<double>(i % 4)) / 4);
      sensors_.y.push_back((0.5 + static_cast<double>(i / 4)) / 4);
      sensors_.size.push_back(0.1);
      sensors_.reliability.push_back(1);
    }
    std::vector<at::Tensor> seen;
    for (size_t i = 0; i < kSensors; ++i) {
      const auto y = static_cast<int64_t>(sensors_.y[i] * kSide);
      const auto x = static_cast<int64_t>(sensors_.x[i] * kSide);
      seen.push_back(images_.select(2, y).select(2, x).mean(1) * 4 - 2);
    }
    responses_ = at::stack(seen, 1).unsqueeze(2);
    for (int64_t i = 0; i < kSamples; ++i) photographs_.push_back(std::to_string(i / 4));
  }

  ArraySource source(const at::Tensor& responses, const at::Tensor& images) const {
    return ArraySource(responses, images, {}, photographs_);
  }

  /// What is learned in a few steps with these settings.
  TensorMap learned(const SampleSource& samples, const std::vector<std::string>& settings) {
    Config config;
    for (const std::string setting :
         {"unet.width=4", "unet.blocks=2", "objective.perceptual=0", "training.steps=8",
          "training.batch=4", "training.learning_rate=0.01"}) {
      config.override_with(setting);
    }
    for (const auto& setting : settings) config.override_with(setting);
    ImageToImage decoder;
    decoder.choose_parts(config);
    config.apply(decoder.options());
    decoder.build({sensors_, {{0, 50}}, kSide}, run_);
    decoder.fit(samples, {run_, folder_.path(), false, {}});
    return copied(decoder.state());
  }

  static bool same(const TensorMap& a, const TensorMap& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.first == y.first && x.second.equal(y.second);
    });
  }

  RunContext run_ = example::prepared_run([] {
    RunOptions options;
    options.threads = 1;
    return options;
  }());
  TemporaryFolder folder_;
  Sensors sensors_;
  at::Tensor responses_, images_;
  std::vector<std::string> photographs_;
};

TEST_F(ImageTrainingTest, HoldsOutWholePhotographs) {
  const auto all = source(responses_, images_);
  const auto rows = hold_out(all, 0.2, run_);
  EXPECT_EQ(rows.held_out.size(), 8u);  // two of ten photographs
  EXPECT_EQ(rows.learned.size(), 32u);
  std::set<std::string> learned, held_out;
  for (const auto row : rows.learned) learned.insert(photographs_[static_cast<size_t>(row)]);
  for (const auto row : rows.held_out) held_out.insert(photographs_[static_cast<size_t>(row)]);
  for (const auto& photograph : held_out) EXPECT_EQ(learned.count(photograph), 0u) << photograph;
  EXPECT_EQ(hold_out(all, 0.2, run_).held_out, rows.held_out);
  EXPECT_TRUE(hold_out(all, 0, run_).held_out.empty());

  const ArraySource one(responses_.narrow(0, 0, 1), images_.narrow(0, 0, 1));
  EXPECT_THROW(hold_out(one, 0.2, run_), Error);
}

/// As ArraySource, of which the last samples were made of the others.
class PartlyMade : public ArraySource {
 public:
  PartlyMade(int64_t recorded, ArraySource all)
      : ArraySource(std::move(all)), recorded_(recorded) {}
  int64_t recorded() const override { return recorded_; }

 private:
  int64_t recorded_;
};

TEST_F(ImageTrainingTest, WhatWasMadeIsNeverHeldOut) {
  const PartlyMade all(20, source(responses_, images_));
  const auto rows = hold_out(all, 0.2, run_);
  ASSERT_FALSE(rows.held_out.empty());
  for (const auto row : rows.held_out) EXPECT_LT(row, 20);
  std::set<std::string> held_out;
  for (const auto row : rows.held_out) held_out.insert(photographs_[static_cast<size_t>(row)]);
  for (const auto row : rows.learned) {
    EXPECT_EQ(held_out.count(photographs_[static_cast<size_t>(row)]), 0u);
  }
}

TEST_F(ImageTrainingTest, LearnsNothingFromWhatIsHeldOut) {
  const std::vector<std::string> settings = {"training.validation=0.2", "training.check_every=3",
                                             "linear_input=true", "projection.kind=tuned",
                                             "projection.features=8"};
  const auto plain = learned(source(responses_, images_), settings);
  const auto rows = hold_out(source(responses_, images_), 0.2, run_);
  auto responses = responses_.clone(), images = images_.clone();
  for (const auto row : rows.held_out) {
    responses[row].fill_(7);
    images[row].fill_(1);
  }
  EXPECT_TRUE(same(learned(source(responses, images), settings), plain));
  responses[rows.learned[0]].fill_(7);
  EXPECT_FALSE(same(learned(source(responses, images), settings), plain));
}

TEST_F(ImageTrainingTest, ChecksChangeNothingOfATraining) {
  const auto all = source(responses_, images_);
  const std::string held_out = "training.validation=0.2";
  EXPECT_TRUE(same(learned(all, {held_out, "training.check_every=1", "training.average=0.9"}),
                   learned(all, {held_out, "training.check_every=8", "training.average=0.9"})));
}

TEST_F(ImageTrainingTest, KeepsTheWeightsOfTheBestCheck) {
  const auto all = source(responses_, images_);
  std::set<int> found;
  for (const std::string rate : {"0.01", "0.1", "1"}) {
    std::vector<std::string> settings = {"training.validation=0.2", "training.check_every=1",
                                         "training.learning_rate=" + rate, "training.keep=best"};
    const auto best = learned(all, settings);
    settings.back() = "training.keep=last";
    std::set<int> same_as_best;  // what so many steps alone leave
    for (int steps = 1; steps <= 8; ++steps) {
      settings.push_back(concat("training.steps=", steps));
      if (same(learned(all, settings), best)) same_as_best.insert(steps);
      settings.pop_back();
    }
    ASSERT_EQ(same_as_best.size(), 1u) << rate;
    found.insert(*same_as_best.begin());
  }
  EXPECT_LT(*found.begin(), 8);  // the last step's would be kept without it
}

TEST_F(ImageTrainingTest, KeepsTheRunningMean) {
  const auto all = source(responses_, images_);
  const auto last = learned(all, {}), mean = learned(all, {"training.average=0.5"});
  WeightAverage average(0.5);
  for (int done = 1; done <= 8; ++done) {
    average.update(learned(all, {concat("training.steps=", done)}));
  }
  EXPECT_TRUE(same(average.mean(), mean));
  EXPECT_FALSE(same(last, mean));
}

TEST_F(ImageTrainingTest, RefusesAMeasureThatImagesAreTooSmallFor) {
  const auto small = at::rand({kSamples, 3, 8, 8});
  Config config;
  for (const std::string setting : {"unet.width=4", "unet.blocks=2", "objective.perceptual=0",
                                    "training.validation=0.2", "training.measure=ssim"}) {
    config.override_with(setting);
  }
  ImageToImage decoder;
  config.apply(decoder.options());
  decoder.build({sensors_, {{0, 50}}, 8}, run_);
  const auto samples = source(responses_, small);
  EXPECT_THROW(decoder.fit(samples, {run_, folder_.path(), false, {}}), Error);
}

TEST_F(ImageTrainingTest, SaysWhichMetricsItIsFittedOrChosenBy) {
  const auto metrics = [](const std::vector<std::string>& settings) {
    Config config;
    for (const auto& setting : settings) config.override_with(setting);
    ImageToImage decoder;
    decoder.choose_parts(config);
    config.apply(decoder.options());
    return decoder.objective_metrics();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(metrics({}), Names{"pixel-mse"});
  EXPECT_EQ(metrics({"objective.pixel=0"}), Names());
  EXPECT_EQ(metrics({"objective.ssim=0.1", "objective.pixel=0"}), Names{"ssim"});
  EXPECT_EQ(metrics({"training.validation=0.1"}), Names{"pixel-mse"});  // shown, nothing chosen
  EXPECT_EQ(metrics({"training.validation=0.1", "training.keep=best"}),
            (Names{"pixel-mse", "pixel-correlation"}));
  EXPECT_EQ(metrics({"training.validation=0.1", "training.patience=2", "training.measure=ssim",
                     "objective.ssim=1"}),
            (Names{"pixel-mse", "ssim"}));
}

}  // namespace
}  // namespace afterimage
