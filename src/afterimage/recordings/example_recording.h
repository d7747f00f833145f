#pragma once

#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/recordings/recording.h"

/// For the tests of this room: a folder of their own and a small recording.
namespace afterimage::example {

class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string(info->test_suite_name()) + info->name() + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "recording.h5";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_, path_;
};

/// 5 stimuli of 8 x 6 pixels, 14 trials in 3 blocks, 3 sensors, 2 bins. Training shows stimuli 0-3
/// thrice each, in turn (the first time in block 0, ...); the test shows stimulus 4 twice.
inline RecordingInfo info(int64_t channels = 3) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  RecordingInfo info;
  info.sensors = {{"e0", "e1", "e2"},  {"V1", "V4", "V1"}, {0, 0, 1},       {0.25, nan, 1.5},
                  {0.75, 0.5, -0.125}, {0.1, nan, 0.2},    {0.9, nan, -0.5}};
  info.bins = {{25, 75}, {75, 125}};
  for (int64_t i = 0; i < 5; ++i) {
    info.stimulus_name.push_back("image " + std::to_string(i));
    info.stimulus_source.push_back("photo " + std::to_string(i / 2));
  }
  for (int64_t i = 0; i < 14; ++i) {
    info.trials.stimulus.push_back(i < 12 ? i % 4 : 4);
    info.trials.repeat.push_back(i < 12 ? i / 4 : i - 12);
    info.trials.block.push_back(i < 12 ? i / 4 : i - 12);
    info.trials.split.push_back(i < 12 ? "train" : "test");
  }
  info.height = 8;
  info.width = 6;
  info.channels = channels;
  info.degrees_per_stimulus = 7.5;
  info.provenance = {{"program", "test"}, {"options", {{"seed", 3}}}};
  return info;
}

inline at::Tensor images(const RecordingInfo& info) {
  const int64_t count = info.stimuli() * info.channels * info.height * info.width;
  return at::arange(count).mul_(7).remainder_(256).to(at::kByte).view(
      {info.stimuli(), info.channels, info.height, info.width});
}

/// (trial, sensor, bin); sensor 2 never varies in bin 1.
inline at::Tensor responses(const RecordingInfo& info) {
  const int64_t bins = static_cast<int64_t>(info.bins.size());
  const at::Tensor index =
      at::arange(info.trials.count() * info.sensors.count() * bins, at::kDouble);
  at::Tensor out = (index * 1.37).sin().mul_(3).add_(10).to(at::kFloat);
  out = out.view({info.trials.count(), info.sensors.count(), bins});
  out.select(1, 2).select(1, 1).fill_(0.1f);
  return out;
}

inline void write(const std::filesystem::path& path, const RecordingInfo& info,
                  const at::Tensor& values) {
  RecordingWriter writer(path, info, true);
  writer.append_images(images(info));
  writer.append_responses(values);
  writer.finish();
}

inline void write(const std::filesystem::path& path, const RecordingInfo& info) {
  write(path, info, responses(info));
}

}  // namespace afterimage::example
