#include "afterimage/recordings/simulator.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/interrupt.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

RunContext run_with(int64_t seed) {
  RunOptions options;
  options.seed = seed;
  options.threads = 2;
  options.quiet = true;
  options.weights = std::string(AFTERIMAGE_ASSETS) + "/weights";
  return RunContext(options);
}

/// A folder with ten small photographs, and room for recordings.
class Simulator : public testing::Test {
 protected:
  Simulator()
      : folder_(fs::path(testing::TempDir()) /
                (std::string("simulator_") +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "photographs");
    for (int64_t i = 0; i < 10; ++i) {
      const auto coarse = at::rand({1, 3, 8, 10});
      const auto image = at::upsample_bilinear2d(coarse, {40, 50}, false)[0];
      write_png(photographs() / ("p" + std::to_string(i) + ".png"), image);
    }
  }
  ~Simulator() override { fs::remove_all(folder_); }

  fs::path photographs() const { return folder_ / "photographs"; }

  static SimulatorOptions small() {
    SimulatorOptions options;
    options.scale = 0.1;
    options.image_size = 32;
    options.train_trials = 40;
    options.test_images = 2;
    options.test_repeats = 4;
    return options;
  }

  fs::path simulated(const std::string& name, const SimulatorOptions& options, int64_t seed = 1) {
    simulate(options, photographs(), folder_ / name, false, run_with(seed), {{"by", "test"}});
    return folder_ / name;
  }

  fs::path folder_;
};

std::vector<int64_t> all_of(int64_t count) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(i);
  return rows;
}

at::Tensor all_responses(const fs::path& path) {
  const Recording recording(path);
  return recording.responses(all_of(recording.info().trials.count()));
}

TEST_F(Simulator, WritesAWholeRecording) {
  const auto summary =
      simulate(small(), photographs(), folder_ / "a.h5", false, run_with(1), {{"by", "test"}});
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
  EXPECT_EQ(info.provenance["by"], "test");
  EXPECT_EQ(recording.images({0, 41}).sizes(), (std::vector<int64_t>{2, 3, 32, 32}));
  std::set<std::string> train, test;
  for (int64_t s = 0; s < 42; ++s) {
    (s < 40 ? train : test).insert(info.stimulus_source[static_cast<size_t>(s)]);
  }
  for (const auto& source : test) EXPECT_FALSE(train.contains(source)) << source;
}

TEST_F(Simulator, StoresTheTruth) {
  const auto path = simulated("a.h5", small());
  const auto file = hdf5::File::open(path);
  EXPECT_EQ(file.shape("/truth/test_signal"), (std::vector<int64_t>{2, 90}));
  EXPECT_EQ(file.shape("/truth/local_weights"), (std::vector<int64_t>{90, 23}));
  EXPECT_EQ(file.shape("/truth/drift"), (std::vector<int64_t>{4, 90}));
  EXPECT_EQ(file.shape("/truth/gain"), (std::vector<int64_t>{48}));
  EXPECT_EQ(file.read<double>("/truth/x"), Recording(path).info().sensors.x);
}

TEST_F(Simulator, FieldsCanBeHidden) {
  auto options = small();
  options.hide_fields = true;
  const auto path = simulated("a.h5", options);
  const auto info = Recording(path).info();
  for (int64_t s = 0; s < info.sensors.count(); ++s) EXPECT_FALSE(info.sensors.mapped(s));
  for (const double x : hdf5::File::open(path).read<double>("/truth/x")) EXPECT_GE(x, -0.01);
}

TEST_F(Simulator, EqualSeedsGiveEqualRecordings) {
  const auto one = simulated("one.h5", small()), again = simulated("again.h5", small());
  const auto other = simulated("other.h5", small(), 2);
  EXPECT_TRUE(at::equal(all_responses(one), all_responses(again)));
  EXPECT_TRUE(at::equal(Recording(one).images(all_of(42)), Recording(again).images(all_of(42))));
  EXPECT_EQ(Recording(one).info().stimulus_name, Recording(again).info().stimulus_name);
  EXPECT_FALSE(at::equal(all_responses(one), all_responses(other)));
}

TEST_F(Simulator, VoxelsInFiveWindows) {
  auto options = small();
  options.preset = "brain2pix";
  options.bins = "five";
  const Recording recording(simulated("a.h5", options));
  EXPECT_EQ(recording.bins(), 5);
  EXPECT_EQ(recording.sensors(), 140);
  EXPECT_EQ(recording.info().sensors.array.front(), -1);
  EXPECT_EQ(recording.info().bins[0].start_ms, 2800);
}

TEST_F(Simulator, RefusesWhatCannotWork) {
  auto options = small();
  options.snr = -1;
  EXPECT_THROW(simulated("a.h5", options), Error);
  std::ofstream(photographs() / "broken.png") << "not an image";
  EXPECT_THROW(simulated("a.h5", small()), Error);
  EXPECT_FALSE(fs::exists(folder_ / "a.h5"));
  options = small();
  options.skip_bad = true;
  const auto summary =
      simulate(options, photographs(), folder_ / "a.h5", false, run_with(1), nlohmann::json{});
  EXPECT_EQ(summary.skipped, std::vector<std::string>{"broken.png"});
  EXPECT_EQ(Recording(folder_ / "a.h5").info().provenance["simulation"]["skipped_photographs"],
            nlohmann::json({"broken.png"}));
  EXPECT_THROW(simulated("a.h5", options), Error);  // exists
}

TEST_F(Simulator, InterruptionLeavesNothingBehind) {
  const auto interrupted_run = [&] {
    watch_interrupts();
    std::raise(SIGINT);
    try {
      simulated("a.h5", small());
    } catch (const Interrupted&) {
      std::exit(std::distance(fs::directory_iterator(folder_), {}) == 1 ? 0 : 3);
    }
    std::exit(4);
  };
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(interrupted_run(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace afterimage
