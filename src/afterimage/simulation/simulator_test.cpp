#include "afterimage/simulation/simulator.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/example_recording.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/simulation/example_simulation.h"
#include "afterimage/simulation/noise_free.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

SimulatorOptions small() {
  SimulatorOptions options;
  options.scale = 0.1;
  options.image_size = 32;
  options.train_trials = 40;
  options.test_images = 2;
  options.test_repeats = 4;
  return options;
}

std::vector<int64_t> all_of(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

/// A folder with ten small photographs, and room for recordings.
class Simulator : public example::FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    photographs_ = folder_ / "photographs";
    fs::create_directories(photographs_);
    for (int64_t i = 0; i < 10; ++i) {
      const auto coarse = at::rand({1, 3, 8, 10}, example::generator(i));
      const auto image = at::upsample_bilinear2d(coarse, {40, 50}, false)[0];
      write_png(photographs_ / ("p" + std::to_string(i) + ".png"), image);
    }
  }

  SimulationSummary simulated(const std::string& name, const SimulatorOptions& options,
                              int64_t seed = 1) {
    return simulate(options, photographs_, folder_ / name, false, example::run_with(seed),
                    {{"by", "test"}});
  }

  fs::path photographs_;
};

void check_sources(const RecordingInfo& info, size_t train) {
  const auto& all = info.stimulus_source;
  const std::set<std::string> seen(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(train));
  for (size_t s = train; s < all.size(); ++s) EXPECT_FALSE(seen.contains(all[s])) << all[s];
}

TEST_F(Simulator, WritesAWholeRecordingWithItsTruth) {
  SimulatorOptions options = small();
  options.fixation_x = 0.4;
  options.fixation_y = 0.45;
  const auto summary = simulated("a.h5", options);
  EXPECT_EQ(summary.sensors, 15 * 6);
  EXPECT_EQ(summary.train_stimuli, 40);
  EXPECT_EQ(summary.test_stimuli, 2);
  EXPECT_EQ(summary.trials, 48);
  EXPECT_EQ(summary.train_photographs, 8);
  const Recording recording(folder_ / "a.h5");
  const auto& info = recording.info();
  EXPECT_EQ(info.sensors.count(), 90);
  EXPECT_EQ(info.sensors.rois(), (std::vector<std::string>{"V1", "V4", "IT"}));
  EXPECT_EQ(info.stimuli(), 42);
  EXPECT_EQ(info.trials_of("train", "").size(), 40u);
  EXPECT_EQ(info.trials_of("test", "").size(), 8u);
  EXPECT_NEAR(info.degrees_per_stimulus, 17.3, 0.01);
  EXPECT_EQ(info.fixation_x, options.fixation_x);
  EXPECT_EQ(info.fixation_y, options.fixation_y);
  EXPECT_EQ(info.provenance["by"], "test");
  EXPECT_EQ(recording.images({0, 41}).sizes(), (std::vector<int64_t>{2, 3, 32, 32}));
  check_sources(info, 40);
  const auto file = hdf5::File::open(folder_ / "a.h5");
  EXPECT_EQ(file.shape("/truth/test_signal"), (std::vector<int64_t>{2, 90}));
  EXPECT_EQ(file.shape("/truth/local_weights"), (std::vector<int64_t>{90, 23}));
  EXPECT_EQ(file.shape("/truth/drift"), (std::vector<int64_t>{4, 90}));
  EXPECT_EQ(file.shape("/truth/gain"), (std::vector<int64_t>{48}));
  EXPECT_EQ(file.read<double>("/truth/x"), info.sensors.x);
}

TEST_F(Simulator, TestsShapesAndOtherPhotographsApart) {
  auto options = small();
  options.shapes = 7;
  options.other = photographs_;
  EXPECT_THROW(simulated("all.h5", options), Error);  // they are used already
  std::filesystem::copy(photographs_, folder_ / "others");
  options.other = (folder_ / "others").string();
  const auto made = simulated("all.h5", options);
  EXPECT_EQ(made.test_stimuli, 2);
  const Recording recording(folder_ / "all.h5");
  const auto& info = recording.info();
  EXPECT_EQ(info.stimuli(), 40 + 2 + 10 + 7);
  EXPECT_EQ(info.trials_of("test", "").size(), 2u * 4);
  EXPECT_EQ(info.trials_of("other", "").size(), 10u * 4);
  EXPECT_EQ(info.trials_of("shapes", "").size(), 7u * 4);
  EXPECT_EQ(info.stimulus_name.back(), "green small frame");
  const auto shape = recording.images({info.stimuli() - 1})[0];  // (3, 32, 32)
  const auto at = [&](int64_t y, int64_t x) {
    const auto pixel = shape.select(1, y).select(1, x).contiguous();
    return std::vector<uint8_t>(pixel.data_ptr<uint8_t>(), pixel.data_ptr<uint8_t>() + 3);
  };
  EXPECT_EQ(at(16, 16), (std::vector<uint8_t>{128, 128, 128}));  // inside the frame
  EXPECT_EQ(at(16, 10), (std::vector<uint8_t>{0, 255, 0}));
  EXPECT_EQ(at(0, 0), (std::vector<uint8_t>{128, 128, 128}));
  EXPECT_TRUE(has_noise_free(recording, info.trials_of("shapes", "")));
}

TEST_F(Simulator, KnowsWhatItsTestEvokesWithoutNoise) {
  auto options = small();
  options.bins = "five";
  options.snr = 1000;
  options.gain_share = 0;
  simulated("quiet.h5", options);
  const Recording recording(folder_ / "quiet.h5");
  const auto trials = recording.info().trials_of("test", "");
  ASSERT_TRUE(has_noise_free(recording, trials));
  const auto shown = recording.responses(trials, {1, 4});
  const auto clean = noise_free_responses(recording, trials, {1, 4});
  // What is left is noise of a thousandth of the signal's variance, 1.
  EXPECT_LT((shown - clean).square().mean().item<float>(), 0.004);
  EXPECT_GT(clean.var().item<float>(), 0.1);
  EXPECT_FALSE(has_noise_free(recording, recording.info().trials_of("train", "")));
  copy_recording(recording, recording.info(), folder_ / "copy.h5", false);
  EXPECT_TRUE(has_noise_free(Recording(folder_ / "copy.h5"), trials));
}

TEST_F(Simulator, FollowsTheSeedAndHidesFieldsOnRequest) {
  simulated("one.h5", small());
  simulated("other.h5", small(), 2);
  auto options = small();
  options.hide_fields = true;
  simulated("hidden.h5", options);
  const Recording one(folder_ / "one.h5"), other(folder_ / "other.h5");
  const Recording hidden(folder_ / "hidden.h5");
  EXPECT_TRUE(at::equal(one.responses(all_of(48)), hidden.responses(all_of(48))));
  EXPECT_TRUE(at::equal(one.images(all_of(42)), hidden.images(all_of(42))));
  EXPECT_EQ(one.info().stimulus_name, hidden.info().stimulus_name);
  EXPECT_FALSE(at::equal(one.responses(all_of(48)), other.responses(all_of(48))));
  for (int64_t s = 0; s < hidden.sensors(); ++s) EXPECT_FALSE(hidden.info().sensors.mapped(s));
  const auto file = hdf5::File::open(folder_ / "hidden.h5");
  EXPECT_EQ(file.read<double>("/truth/x"), one.info().sensors.x);
}

TEST_F(Simulator, VoxelsInFiveWindowsWithoutABrokenPhotograph) {
  std::ofstream(photographs_ / "broken.png") << "not an image";
  auto options = small();
  options.preset = "brain2pix";
  options.bins = "five";
  EXPECT_THROW(simulated("a.h5", options), Error);
  EXPECT_FALSE(fs::exists(folder_ / "a.h5"));
  options.skip_bad = true;
  EXPECT_EQ(simulated("a.h5", options).skipped, std::vector<std::string>{"broken.png"});
  const Recording recording(folder_ / "a.h5");
  EXPECT_EQ(recording.bins(), 5);
  EXPECT_EQ(recording.sensors(), 140);
  EXPECT_EQ(recording.info().sensors.array.front(), -1);
  EXPECT_EQ(recording.info().bins[0].start_ms, 2800);
  EXPECT_EQ(recording.info().provenance["simulation"]["skipped_photographs"],
            nlohmann::json({"broken.png"}));
  EXPECT_THROW(simulated("a.h5", options), Error);  // exists
  options.snr = -1;
  EXPECT_THROW(simulated("b.h5", options), Error);
}

TEST_F(Simulator, InterruptionLeavesNothingBehind) {
  const Cancellation stop;
  stop.request();
  RunOptions options;
  options.weights = AFTERIMAGE_ASSETS "/weights";
  const RunContext stopped(options, stop);
  EXPECT_THROW(simulate(small(), photographs_, folder_ / "a.h5", false, stopped, {}), Interrupted);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);  // the photographs
}

}  // namespace
}  // namespace afterimage
