#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/encoding/example_encoding.h"
#include "afterimage/encoding/predicted_choice.h"
#include "afterimage/encoding/predicted_training.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

using example::encoding_world;
using example::EncodingWorld;
using example::quiet;
using Rows = std::vector<int64_t>;

EncodingModel fitted(const EncodingWorld& world) {
  EncodingModel model({}, world.sensors, quiet());
  model.fit(world.source, quiet());
  return model;
}

TEST(VariedSamples, ShowsTheSamplesUnchangedWhereNothingVaries) {
  const auto world = encoding_world(10, 1, 1);
  VariationOptions none;
  none.crop = 1;
  none.flip = false;
  none.colour = 0;
  const VariedSamples further(world.source, 20, none, quiet());
  const auto images = further.images({0, 7, 19});
  const auto all = world.source.images(all_rows(world.source.count())).flatten(1);
  for (const auto& image : images.unbind(0)) {
    const auto away = (all - image.flatten()).abs().amax(1);
    EXPECT_LT(away.min().item<double>(), 1e-5);
    EXPECT_EQ(world.source.photographs()[static_cast<size_t>(away.argmin().item<int64_t>())],
              further.photograph(images[0].equal(image)   ? 0
                                 : images[1].equal(image) ? 7
                                                          : 19));
  }
}

TEST(VariedSamples, MakesTheSameImageEachTimeAndAnotherEachNumber) {
  const auto world = encoding_world(10, 1, 1);
  VariationOptions much;
  much.turn = 20;
  much.crop = 1.3;
  const VariedSamples further(world.source, 100, much, quiet());
  const auto together = further.images({3, 4});
  EXPECT_TRUE(together[1].equal(further.images({4})[0]));
  EXPECT_GT((together[0] - together[1]).abs().max().item<double>(), 0.05);
  EXPECT_GE(together.min().item<double>(), 0);
  EXPECT_LE(together.max().item<double>(), 1);
}

TEST(PredictedTrials, FollowTheRealOnesAndAreTheSameKeptOrNot) {
  const auto world = encoding_world(30, 1, 1);
  const auto encoder = fitted(world);
  const VariedSamples further(world.source, 50, {}, quiet());
  const PredictedTrials kept(world.source, further, encoder, {50, 4, 1, 1 << 24}, quiet());
  const PredictedTrials made(world.source, further, encoder, {50, 4, 1, 0}, quiet());
  const int64_t real = world.source.count();
  ASSERT_EQ(kept.count(), real + 50);
  EXPECT_EQ(kept.trials_averaged().back(), 4);
  EXPECT_EQ(kept.photographs()[static_cast<size_t>(real + 9)], further.photograph(9));
  const Rows mixed = {real + 9, 2, real + 40, 5};
  EXPECT_TRUE(kept.images(mixed).equal(made.images(mixed)));
  EXPECT_LT((kept.responses(mixed) - made.responses(mixed)).abs().max().item<double>(), 1e-5);
  EXPECT_TRUE(kept.responses(mixed)[1].equal(world.source.responses({2})[0]));
  EXPECT_TRUE(kept.images(mixed)[3].equal(world.source.images({5})[0]));
}

TEST(PredictedTrials, HaveTheNoiseAskedFor) {
  const auto world = encoding_world(30, 1, 1);
  const auto encoder = fitted(world);
  const VariedSamples further(world.source, 400, {}, quiet());
  const auto power = [&](double average, double factor) {
    const PredictedTrials trials(world.source, further, encoder, {400, average, factor, 1 << 24},
                                 quiet());
    Rows rows;
    for (int64_t i = 0; i < 400; ++i) rows.push_back(world.source.count() + i);
    const auto noise = trials.responses(rows) - encoder.predict(trials.images(rows));
    return noise.square().mean().item<double>();
  };
  const double single = encoder.residuals().variance().mean().item<double>();
  EXPECT_NEAR(power(1, 1) / single, 1, 0.06);
  EXPECT_NEAR(power(10, 1) / single, 0.1, 0.006);
  EXPECT_NEAR(power(1, 0.5) / single, 0.25, 0.015);
  EXPECT_LT(power(1, 0), 1e-9);
}

PredictedTraining training_on(const EncodingWorld& world, int64_t count, bool choose,
                              const std::string& images = {}, const OtherStimuli& others = {}) {
  PredictedOptions options;
  options.trials = count;
  options.choose = choose;
  options.images = images;
  return PredictedTraining(world.source, world.sensors, options, others, 1 << 26, quiet());
}

TEST(PredictedTraining, IsUsedWhereItHelpsHeldOutPhotographs) {
  const auto world = encoding_world(60, 1, 4, /*shuffled=*/false, /*sensors=*/80);
  const auto training = training_on(world, 1000, true);
  EXPECT_GT(training.card().at("trials").get<int64_t>(), 0);
  EXPECT_EQ(training.source().count(),
            world.source.count() + training.card().at("trials").get<int64_t>());
  EXPECT_GT(training.card().at("tried").back().at("gain").get<double>(), 0);
}

TEST(PredictedTraining, SwitchesItselfOffWhereResponsesAreShuffled) {
  const auto world = encoding_world(60, 1, 0.5, /*shuffled=*/true, /*sensors=*/80);
  const auto training = training_on(world, 1000, true);
  EXPECT_EQ(training.card().at("trials").get<int64_t>(), 0);
  EXPECT_EQ(&training.source(), &world.source);
}

TEST(PredictedTraining, DoesWhatItIsToldWithoutChoice) {
  const auto world = encoding_world(30, 1, 1);
  OtherStimuli others;
  others.repeats = 10;
  const auto training = training_on(world, 40, false, {}, others);
  EXPECT_EQ(training.source().count(), world.source.count() + 40);
  EXPECT_EQ(training.card().at("average").get<double>(), 10);
  EXPECT_FALSE(training.card().contains("tried"));
}

TEST(PairedGain, IsOverPhotographs) {
  const auto a = at::tensor({1.0, 3.0, 2.0, 5.0}, at::kDouble);
  const auto gain = PairedGain::of(a, at::zeros_like(a), {"p", "p", "q", "r"});
  EXPECT_DOUBLE_EQ(gain.mean, 3);                                   // of 2, 2, 5
  EXPECT_NEAR(gain.error, std::sqrt(3.0) / std::sqrt(3.0), 1e-12);  // deviation sqrt(3), of three
  EXPECT_TRUE(gain.convincing());
}

class OtherStimuliTest : public example::FolderTest {};

TEST_F(OtherStimuliTest, AreAllThatTheTrialsDoNotShow) {
  example::write(path_, example::info());
  const Recording recording(path_);
  Rows train;
  for (int64_t i = 0; i < 12; ++i) train.push_back(i);
  const auto others = OtherStimuli::of(recording, train, true, quiet());
  EXPECT_EQ(others.names, (std::set<std::string>{"image 4", "photo 2"}));
  EXPECT_EQ(others.repeats, 2);
  EXPECT_TRUE(others.show("photo 2.jpg", recording.images({0})[0]));
  EXPECT_FALSE(others.show("photo 0.jpg", at::randint(255, {3, 8, 8}).to(at::kByte)));
  // The same picture under another name.
  EXPECT_TRUE(others.show("x.jpg", at::upsample_nearest2d(recording.images({4}), {24, 24})[0]));
}

TEST_F(OtherStimuliTest, NoCropOfThemIsMade) {
  example::write(path_, example::info());
  const Recording recording(path_);
  const auto others = OtherStimuli::of(recording, {0, 1, 2, 3}, true, quiet());
  const auto generator = quiet().generator("photographs");
  for (const auto* name : {"photo 2.png", "photo 7.png"}) {
    write_png(folder_ / name, at::randint(255, {3, 20, 30}, generator).to(at::kByte));
  }
  const FolderCrops crops(folder_, 10, 16, 3, {}, others, quiet());
  for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(crops.photograph(i), "photo 7.png");
  EXPECT_EQ(crops.images({1, 2}).sizes(), (Rows{2, 3, 16, 16}));
  std::filesystem::remove(folder_ / "photo 7.png");
  EXPECT_THROW(FolderCrops(folder_, 10, 16, 3, {}, others, quiet()), Error);
}

}  // namespace
}  // namespace afterimage
