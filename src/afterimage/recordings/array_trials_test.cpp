#include "afterimage/recordings/array_trials.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {
namespace {

/// Six trials of three sensors and two bins, two blocks, of four images.
TrialArrays example() {
  TrialArrays arrays;
  arrays.responses = at::arange(36, at::kDouble).view({6, 3, 2}).square();
  arrays.images =
      (at::arange(4 * 6 * 8 * 3).view({4, 6, 8, 3}) % 256).to(at::kByte).permute({0, 3, 1, 2});
  arrays.bins = {{0, 50}, {50, 100}};
  arrays.stimulus = {0, 1, 2, 3, 0, 1};
  arrays.block = {0, 0, 0, 1, 1, 1};
  return arrays;
}

void write(const TrialArrays& arrays, const std::filesystem::path& path) {
  RecordingInfo info;
  for (int s = 0; s < 3; ++s) info.sensors.name.push_back(std::to_string(s));
  info.sensors.roi.assign(3, "V1");
  info.sensors.array.assign(3, 0);
  for (auto* list :
       {&info.sensors.x, &info.sensors.y, &info.sensors.size, &info.sensors.reliability}) {
    list->assign(3, 0.5);
  }
  info.bins = arrays.bins;
  info.height = arrays.images.size(2);
  info.width = arrays.images.size(3);
  for (int64_t i = 0; i < arrays.images.size(0); ++i) {
    info.stimulus_name.push_back(std::to_string(i));
    info.stimulus_source.push_back(std::to_string(i));
  }
  info.trials = {arrays.stimulus, count_repeats(arrays.stimulus), arrays.block,
                 std::vector<std::string>(arrays.stimulus.size(), "train")};
  RecordingWriter writer(path, info, false);
  writer.append_images(arrays.images.contiguous());
  writer.append_responses(arrays.responses.to(at::kFloat));
  writer.finish();
}

TEST(ArrayTrials, AreTheSamplesOfTheSameRecordingInAFile) {
  const TemporaryFolder folder;
  const TrialArrays arrays = example();
  arrays.check();
  write(arrays, folder.path() / "r.h5");
  const Recording recording(folder.path() / "r.h5");
  const std::vector<int64_t> trials = {0, 2, 3, 4, 5}, bins = {1};
  for (const bool per_block : {false, true}) {
    const auto normalisation = Normalisation::fit(recording, trials, per_block, bins);
    Samples::Options options;
    options.trials = trials;
    options.bins = bins;
    options.image_size = 4;
    const Samples expected(recording, normalisation, options);
    const ArrayTrials found(arrays, trials, bins, normalisation, 4);
    EXPECT_EQ(found.stimulus(), expected.stimulus());
    EXPECT_EQ(found.photographs(), expected.photographs());
    EXPECT_EQ(found.bins(), 1);
    EXPECT_TRUE(found.responses({4, 0}).equal(expected.responses({4, 0})));
    EXPECT_TRUE(found.images({1, 4}).equal(expected.images({1, 4})));
  }
}

TEST(ArrayTrials, FloatingImagesAreTheBytesTheyWouldBeStoredAs) {
  TrialArrays arrays = example();
  const ArrayTrials bytes(arrays, {0, 1}, {0}, {}, 6);
  const auto expected = bytes.images({0, 1});
  TrialArrays floating = example();
  floating.images = arrays.images.to(at::kDouble) / 255;
  EXPECT_TRUE(ArrayTrials(floating, {0, 1}, {0}, {}, 6).images({0, 1}).equal(expected));
}

TEST(ArrayTrials, RefusesWhatDoesNotFit) {
  const auto refused = [](auto change, const std::string& word) {
    TrialArrays arrays = example();
    change(arrays);
    try {
      arrays.check();
      arrays.read_responses({0, 1, 2, 3, 4, 5}, {0, 1});
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
      return;
    }
    ADD_FAILURE() << word;
  };
  refused([](auto& a) { a.responses = a.responses[0]; }, "responses");
  refused([](auto& a) { a.responses = a.responses.narrow(1, 0, 0); }, "responses");
  refused([](auto& a) { a.images = a.images.narrow(1, 0, 2); }, "images");
  refused([](auto& a) { a.images = a.images.to(at::kFloat); }, "from 0 to 1");
  refused([](auto& a) { a.stimulus.pop_back(); }, "stimulus: has 5 entries for 6 trials");
  refused([](auto& a) { a.stimulus[2] = 4; }, "trial 2 shows 4");
  refused([](auto& a) { a.block.pop_back(); }, "block");
  refused([](auto& a) { a.source = {"a"}; }, "source");
  refused([](auto& a) { a.bins.pop_back(); }, "bins");
  refused([](auto& a) { a.responses[4][1][0] = std::numeric_limits<double>::quiet_NaN(); },
          "trial 4, sensor 1");
}

}  // namespace
}  // namespace afterimage
