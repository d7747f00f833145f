#include "afterimage/analysis/baseline.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

/// The bins of the decoder: all but the one before onset.
const std::vector<int64_t> after = {1};

/// The example's recording with a bin before onset, and drift from block to block; sensors vary.
struct Drifting : example::FolderTest {
  RecordingInfo info = example::info();
  at::Tensor responses;  // (trial, sensor, bin)

  void SetUp() override {
    FolderTest::SetUp();
    info.bins = {{-100, 0}, {0, 100}};
    const auto index = at::arange(info.trials.count() * 3 * 2, at::kDouble);
    responses = ((index * 1.37).sin() * 3).to(at::kFloat).view({info.trials.count(), 3, 2});
    for (int64_t t = 0; t < info.trials.count(); ++t) responses[t] += drift(t);
    responses.select(2, 1) += 5;
    example::write(path_, info, responses);
  }
  double drift(int64_t trial) const {
    return 20.0 * static_cast<double>(info.trials.block[static_cast<size_t>(trial)]);
  }
  Baseline baseline(const Recording& recording, const Normalisation& normalisation,
                    bool by_block = true) const {
    return Baseline::before_onset(recording, info.trials_of("train", ""), normalisation, 1,
                                  by_block);
  }
  /// Training trials of a block, or of all (-1).
  std::vector<int64_t> training(int64_t block) const {
    std::vector<int64_t> trials;
    for (const int64_t t : info.trials_of("train", "")) {
      if (block < 0 || info.trials.block[static_cast<size_t>(t)] == block) trials.push_back(t);
    }
    return trials;
  }
  /// The level before onset of a sensor in a block, standardised as its response after onset is.
  double standardised(int64_t sensor, int64_t block) const {
    double before = 0, mean = 0, square = 0;
    const auto trials = training(block);
    const auto count = static_cast<double>(trials.size());
    for (const int64_t t : trials) {
      const double response = responses[t][sensor][1].item<double>();
      before += responses[t][sensor][0].item<double>() / count;
      mean += response / count;
      square += response * response / count;
    }
    return (before - mean) / std::sqrt(square - mean * mean);
  }
};

TEST_F(Drifting, EachSampleTakesTheLevelOfItsOwnBlocks) {
  const Recording recording(path_);
  const auto normalisation = Normalisation::fit(recording, training(-1), true, after);
  const std::vector<std::vector<int64_t>> blocks = {{0}, {2}, {0, 2, 2}};
  const auto found = baseline(recording, normalisation).of(blocks);
  ASSERT_EQ(found.sizes(), (at::IntArrayRef{3, 3, 1}));
  for (int64_t s = 0; s < 3; ++s) {
    const double first = standardised(s, 0), last = standardised(s, 2);
    EXPECT_NEAR(found[0][s][0].item<double>(), first, 1e-4);
    EXPECT_NEAR(found[1][s][0].item<double>(), last, 1e-4);
    EXPECT_NEAR(found[2][s][0].item<double>(), (first + 2 * last) / 3, 1e-4);
    EXPECT_GT(std::abs(first), 0.5);  // not the mean
  }
}

TEST_F(Drifting, DriftChangesNothing) {
  const auto found_with = [&](double step) {
    auto shifted = responses.clone();
    for (int64_t t = 0; t < info.trials.count(); ++t) shifted[t] += step * drift(t);
    example::write(folder_ / "shifted.h5", info, shifted);
    const Recording recording(folder_ / "shifted.h5");
    return baseline(recording, Normalisation::fit(recording, training(-1), true, after))
        .of({{0}, {1}, {2}, {1, 2}});
  };
  EXPECT_LT((found_with(0) - found_with(4)).abs().max().item<double>(), 1e-3);
}

TEST_F(Drifting, WithoutBlocksItIsOneLevel) {
  const Recording recording(path_);
  const auto normalisation = Normalisation::fit(recording, training(-1), false, after);
  const auto found = baseline(recording, normalisation, false).of({{0}, {2}, {7}});
  for (int64_t s = 0; s < 3; ++s) {
    for (int64_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(found[i][s][0].item<double>(), standardised(s, -1), 1e-4);
    }
  }
}

TEST_F(Drifting, SamplesAverageTrialsOfTheseBlocks) {
  EXPECT_EQ(blocks_of_samples(info, info.trials_of("test", "")),
            (std::vector<std::vector<int64_t>>{{0, 1}}));
  EXPECT_EQ(blocks_of_samples(info, info.trials_of("train", ""))[3],
            (std::vector<int64_t>{0, 1, 2}));
}

TEST_F(Drifting, NeedsABinBeforeOnset) {
  info.bins = {{0, 50}, {50, 100}};
  example::write(path_, info, responses);
  const Recording recording(path_);
  EXPECT_THROW(baseline(recording, Normalisation::fit(recording, training(-1), true, after)),
               Error);
  EXPECT_EQ(Baseline().of({{0}, {1}}).abs().max().item<float>(), 0);
}

}  // namespace
}  // namespace afterimage
