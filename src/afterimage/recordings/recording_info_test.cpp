#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "afterimage/base/error.h"
#include "afterimage/recordings/example_recording.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

TEST(RecordingInfo, SplitsAndRois) {
  RecordingInfo info = example::info();
  info.trials.split[0] = "";
  EXPECT_EQ(info.splits(), (std::vector<std::string>{"train", "test"}));
  EXPECT_EQ(info.sensors.rois(), (std::vector<std::string>{"V1", "V4"}));
  EXPECT_EQ(info.trials_of("test", "f"), (std::vector<int64_t>{12, 13}));
  EXPECT_EQ(info.trials_of("train", "f").size(), 11u);
  EXPECT_TRUE(info.sensors.mapped(2));
  EXPECT_FALSE(info.sensors.mapped(1));
  try {
    info.trials_of("tset", "rec.h5");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "rec.h5: has no trials in the split 'tset'. Did you mean 'test'?");
  }
  EXPECT_THROW(info.trials_of("", "f"), Error);
}

TEST(RecordingInfo, EccentricityIsFromFixationWhereItIsKnown) {
  RecordingInfo info = example::info();
  EXPECT_FALSE(info.fixation_known());
  EXPECT_NEAR(info.eccentricity(0.8, 0.9), 0.5, 1e-12);
  EXPECT_STREQ(info.eccentricity_from(), "the middle of the stimulus");
  info.fixation_x = 0.2;
  info.fixation_y = -0.5;
  EXPECT_NEAR(info.eccentricity(0.5, -0.1), 0.5, 1e-12);
  EXPECT_STREQ(info.eccentricity_from(), "fixation");
}

TEST(Sensors, AreFoundByRoi) {
  const Sensors sensors = example::info().sensors;
  const auto v4 = sensors.in_rois({"V4"}, "here");
  for (int64_t s = 0; s < sensors.count(); ++s) {
    EXPECT_EQ(v4[s].item<bool>(), sensors.roi[static_cast<size_t>(s)] == "V4");
  }
  EXPECT_TRUE(sensors.in_rois({"V4", "V1"}, "here").all().item<bool>());
  EXPECT_FALSE(sensors.in_rois({}, "here").any().item<bool>());
  try {
    sensors.in_rois({"V1", "V2"}, "here");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "here: there is no ROI 'V2'. There are V1, V4");
  }
}

TEST(RecordingInfo, CheckRefusesWhatCannotBe) {
  const auto refused = [](const std::function<void(RecordingInfo&)>& damage) -> std::string {
    RecordingInfo info = example::info();
    damage(info);
    try {
      info.check("rec.h5");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refused([](RecordingInfo&) {}), "");
  EXPECT_EQ(refused([](RecordingInfo& info) { info.trials.stimulus[3] = 5; }),
            "rec.h5: trials/stimulus[3] is 5. There are 5 stimuli, counted from 0 to 4");
  EXPECT_EQ(refused([](RecordingInfo& info) { info.sensors.roi.pop_back(); }),
            "rec.h5: sensors/roi has 2 entries. There are 3 sensors, it needs one for each");
  EXPECT_EQ(refused([](RecordingInfo& info) { info.stimulus_name[1] = "image 0"; }),
            "rec.h5: stimuli/name has 'image 0' twice. Names must differ");
  EXPECT_EQ(refused([](RecordingInfo& info) { info.sensors.size[0] = 0; }),
            "rec.h5: sensors/size[0] is 0. A size must be above 0, or NaN if unknown");
  EXPECT_EQ(refused([](RecordingInfo& info) {
              info.bins[1] = {80, 80};
            }),
            "rec.h5: bin 1 goes from 80 to 80 ms. A bin must start before it stops");
  const std::vector<std::function<void(RecordingInfo&)>> others = {
      [](RecordingInfo& info) { info.trials.stimulus[0] = -1; },
      [](RecordingInfo& info) { info.trials.repeat[0] = -1; },
      [](RecordingInfo& info) { info.trials.block[0] = -1; },
      [](RecordingInfo& info) { info.trials.block.pop_back(); },
      [](RecordingInfo& info) { info.trials.split.push_back("train"); },
      [](RecordingInfo& info) { info.trials = {}; },
      [](RecordingInfo& info) { info.sensors.name[1] = "e0"; },
      [](RecordingInfo& info) { info.sensors.array[1] = -2; },
      [](RecordingInfo& info) { info.sensors.x[1] = INFINITY; },
      [](RecordingInfo& info) { info.sensors.y[1] = -INFINITY; },
      [](RecordingInfo& info) { info.sensors.reliability[1] = 1.5; },
      [](RecordingInfo& info) { info.sensors = {}; },
      [](RecordingInfo& info) { info.bins[0].start_ms = NAN; },
      [](RecordingInfo& info) { info.bins.clear(); },
      [](RecordingInfo& info) { info.stimulus_source.pop_back(); },
      [](RecordingInfo& info) { info.height = 0; },
      [](RecordingInfo& info) { info.channels = 2; },
      [](RecordingInfo& info) { info.frames_per_second = -1; },
      [](RecordingInfo& info) { info.degrees_per_stimulus = NAN; },
      [](RecordingInfo& info) { info.fixation_x = 0.5; },
      [](RecordingInfo& info) { info.fixation_x = info.fixation_y = INFINITY; },
  };
  for (size_t i = 0; i < others.size(); ++i) EXPECT_NE(refused(others[i]), "") << i;
}

}  // namespace
}  // namespace afterimage
