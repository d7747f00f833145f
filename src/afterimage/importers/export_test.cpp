#include "afterimage/importers/export.h"

#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/importers/table.h"
#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

class Export : public example::FolderTest {};

std::vector<int64_t> all(int64_t count) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(i);
  return rows;
}

void expect_same(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) << i;
  }
}

void expect_equal(const Recording& a, const Recording& b) {
  const RecordingInfo &x = a.info(), &y = b.info();
  EXPECT_TRUE(at::equal(a.responses(all(x.trials.count())), b.responses(all(y.trials.count()))));
  EXPECT_TRUE(at::equal(a.images(all(x.stimuli())), b.images(all(y.stimuli()))));
  EXPECT_EQ(x.channels, y.channels);
  EXPECT_EQ(x.stimulus_name, y.stimulus_name);
  EXPECT_EQ(x.stimulus_source, y.stimulus_source);
  EXPECT_EQ(x.stimulus_category, y.stimulus_category);
  EXPECT_EQ(x.stimulus_caption, y.stimulus_caption);
  EXPECT_EQ(x.trials.stimulus, y.trials.stimulus);
  EXPECT_EQ(x.trials.repeat, y.trials.repeat);
  EXPECT_EQ(x.trials.block, y.trials.block);
  EXPECT_EQ(x.trials.split, y.trials.split);
  EXPECT_EQ(x.sensors.name, y.sensors.name);
  EXPECT_EQ(x.sensors.roi, y.sensors.roi);
  EXPECT_EQ(x.sensors.array, y.sensors.array);
  expect_same(x.sensors.x, y.sensors.x);
  expect_same(x.sensors.y, y.sensors.y);
  expect_same(x.sensors.size, y.sensors.size);
  expect_same(x.sensors.reliability, y.sensors.reliability);
  ASSERT_EQ(x.sensors.measures.size(), y.sensors.measures.size());
  for (const auto& [name, values] : x.sensors.measures) {
    expect_same(values, y.sensors.measures.at(name));
  }
  ASSERT_EQ(x.bins.size(), y.bins.size());
  for (size_t i = 0; i < x.bins.size(); ++i) {
    EXPECT_EQ(x.bins[i].start_ms, y.bins[i].start_ms);
    EXPECT_EQ(x.bins[i].stop_ms, y.bins[i].stop_ms);
  }
  EXPECT_EQ(x.degrees_per_stimulus, y.degrees_per_stimulus);
  EXPECT_EQ(x.frames_per_second, y.frames_per_second);
  expect_same({x.fixation_x, x.fixation_y}, {y.fixation_x, y.fixation_y});
}

TEST_F(Export, ComesBackEqual) {
  for (const int64_t channels : {3, 1}) {
    for (const char* format : {"npy", "mat"}) {
      auto info = example::info(channels);
      info.stimulus_category = {"a \"dog\"", "cat, black", "", "two\nlines", " space"};
      info.stimulus_caption = {{"a dog", "dog, black"}, {}, {"\"cat\""}, {"two\nlines"}, {"x"}};
      info.sensors.measures["snr"] = {1.0 / 3, std::nan(""), 1e-7};
      info.sensors.name[1] = "e,1";
      info.frames_per_second = 0.1;
      if (channels == 3) info.fixation_x = 0.3, info.fixation_y = -1.0 / 3;
      if (channels == 1) info.bins.resize(1);  // MATLAB drops last indices of size 1
      example::write(path_, info,
                     example::responses(example::info()).narrow(2, 0, info.bins.size()));
      const Recording before(path_);
      export_recording(before, folder_ / "out", format, true);
      TableImporter().import(
          {.paths = {folder_ / "out/table.toml"}, .out = folder_ / "back.h5", .force = true});
      expect_equal(before, Recording(folder_ / "back.h5"));
    }
  }
}

TEST_F(Export, ReplacesNothingUnasked) {
  example::write(path_, example::info());
  const Recording recording(path_);
  export_recording(recording, folder_ / "out", "npy", false);
  EXPECT_THROW(export_recording(recording, folder_ / "out", "npy", false), Error);
}

}  // namespace
}  // namespace afterimage
