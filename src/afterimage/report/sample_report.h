#pragma once

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include <ATen/ATen.h>

#include "afterimage/report/report.h"

/// For the tests of this room: a small recording with two decoders, their controls, scores and
/// logs.
namespace afterimage::sample {

inline constexpr int64_t count = 12, side = 32;
inline constexpr const char* hostile = "<img src=x onerror=\"document.title='broken'\"></script>";

/// Striped images, each with its own direction and colour: (n, 3, side, side) float32.
inline at::Tensor images(int64_t n, double shift = 0) {
  const auto line = at::linspace(0, 1, side);
  const auto y = line.view({side, 1}), x = line.view({1, side});
  std::vector<at::Tensor> all;
  for (int64_t i = 0; i < n; ++i) {
    const double angle = 0.5 * static_cast<double>(i) + shift;
    const auto wave = x.mul(std::cos(angle)).add(y.mul(std::sin(angle))).mul(18);
    std::vector<at::Tensor> channels;
    for (int c = 0; c < 3; ++c) channels.push_back(wave.add(0.7 * c * angle).sin().mul(.5).add(.5));
    all.push_back(at::stack(channels));
  }
  return at::stack(all).to(at::kFloat);
}

inline RecordingInfo recording_info() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  RecordingInfo info;
  for (int64_t i = 0; i < 90; ++i) {
    const double at = static_cast<double>(i);
    const bool mapped = i % 10 != 9;
    info.sensors.name.push_back("sensor " + std::to_string(i));
    info.sensors.roi.push_back(i < 50 ? "V1" : "V4 & <more>");
    info.sensors.array.push_back(0);
    info.sensors.x.push_back(mapped ? 0.5 + 0.3 * std::sin(at) : nan);
    info.sensors.y.push_back(mapped ? 0.5 + 0.4 * std::cos(2 * at) : nan);
    info.sensors.size.push_back(mapped ? 0.02 + 0.001 * at : nan);
    info.sensors.reliability.push_back(nan);
  }
  for (int64_t i = 0; i < count; ++i) {
    info.stimulus_name.push_back("image " + std::to_string(count - i));
    info.stimulus_source.push_back(info.stimulus_name.back());
    info.trials.stimulus.push_back(i);
    info.trials.repeat.push_back(0);
    info.trials.block.push_back(0);
    info.trials.split.push_back("test");
  }
  info.stimulus_name[3] = hostile;
  info.bins = {{0, 100}};
  info.height = info.width = side;
  info.degrees_per_stimulus = 8;
  return info;
}

inline Reconstruction reconstruction(const std::string& name, double shift) {
  Reconstruction made;
  made.name = made.decoder = name;
  made.split = "test";
  for (int64_t i = 0; i < count; ++i) made.stimulus.push_back(i);
  made.trials_averaged.assign(count, 4);
  made.images = images(count, shift);
  made.controls["mean"] = images(1).expand({count, 3, side, side}).contiguous();
  made.controls["shuffled"] = made.images.roll(1, 0);
  return made;
}

inline ScoredImages scored(const std::string& name, bool control, double level) {
  Score pixels, missing;
  pixels.metric = "pixel-correlation";
  missing.metric = "lpips";
  for (int64_t i = 0; i < count; ++i) {
    pixels.per_image.push_back(level + 0.1 * std::sin(static_cast<double>(5 * i)));
    pixels.value += pixels.per_image.back() / count;
  }
  pixels.low = pixels.value - 0.02;
  pixels.high = pixels.value + 0.02;
  missing.not_computed = "needs its weights </script>";
  Score judged = pixels;
  judged.metric = "squeezenet-logits-pattern";
  TrainedAgainst networks = std::vector<Judge>();
  if (name == "near") networks->push_back({"squeezenet", "squeezenet1_0.safetensors", "abc"});
  Score brain;
  brain.metric = "brain-correlation";
  brain.value = level / 2;
  brain.ceiling.true_images = 0.45;
  brain.ceiling.repeats = 0.7;
  brain.areas = {{"V<1>", 60, level / 2 + 0.01, brain.ceiling},
                 {"all", 90, level / 2, brain.ceiling}};
  brain.areas[0].ceiling.true_images = 0.5;
  if (!control) {
    pixels.ceiling.halves = 0.6;
    pixels.ceiling.noise_free = 0.9;
    pixels.ceiling.images = 10;
  }
  return {name, control, {pixels, judged, brain, missing}, networks};
}

/// An analysis with a map: three arrays by all images but the last two on a spiral, two clusters
/// and noise.
inline AnalysisResult analysis() {
  AnalysisResult result;
  result.name = "embedding";
  result.title = "Clusters <of> fields";
  result.lead = "A map.";
  PointMap map{"spatial", "t-SNE of <spatial> fields", {}, {}, {}, {}};
  Colouring array{"array", {"V1 array 0", "V1 array 1", "<b>V4</b>"}, {}};
  Colouring cluster{"cluster", {"cluster 0", "cluster 1"}, {}};
  for (int64_t i = 0; i < 3 * count; ++i) {
    const double turn = 0.4 * static_cast<double>(i);
    map.x.push_back((5 + turn) * std::cos(turn));
    map.y.push_back((5 + turn) * std::sin(turn));
    map.image.push_back(i / 3);
    array.group.push_back(i % 3);
    cluster.group.push_back(i % 5 == 4 ? -1 : i % 2);
  }
  map.colourings = {array, cluster};
  result.maps = {map};
  result.point_images = PointImages::of(recording_info().stimulus_name, images(count), count, side);
  result.point_images.kept.resize(count - 2);
  result.point_images.images = result.point_images.images.narrow(0, 0, count - 2);
  return result;
}

/// All parts of a page; the recording lives in a folder of its own that is removed with it.
struct Sample {
  std::filesystem::path folder;
  std::unique_ptr<Recording> recording;
  ReportInput input;

  Sample() {
    folder = std::filesystem::temp_directory_path() / ("report-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    RecordingWriter writer(folder / "sample.h5", recording_info(), true);
    writer.append_images(images(count).mul(255).round().to(at::kByte));
    writer.append_responses(at::zeros({count, 90, 1}));
    writer.finish();
    recording = std::make_unique<Recording>(folder / "sample.h5");

    input.title = "Stripes & <b>colours</b>";
    input.recording = recording.get();
    input.reconstructions = {reconstruction("near", 0.1), reconstruction("far", 0.6)};
    input.scores = scores();
    input.logs = {log("near"), log("far")};
    input.analyses = {analysis()};
    input.provenance = {{{"program", "afterimage"},
                         {"version", "0.1.0"},
                         {"command", "afterimage train " + std::string(hostile)},
                         {"run", {{"seed", 7}}},
                         {"inputs", {{{"path", "sample.h5"}, {"sha256", "abc"}}}}}};
    input.notes = {"Simulated data", hostile};
  }
  ~Sample() { std::filesystem::remove_all(folder); }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  Scores scores() const {
    Scores all;
    all.split = "test";
    all.stimulus = input.reconstructions[0].stimulus;
    all.stimulus_name = recording_info().stimulus_name;
    all.stimuli = count;
    all.sets = {scored("near", false, 0.8), scored("far", false, 0.5), scored("mean", true, 0.1),
                scored("shuffled (near)", true, 0), scored("shuffled (far)", true, -0.05)};
    all.comparisons = {{.first = "near",
                        .second = "mean",
                        .metric = "pixel-correlation",
                        .difference = 0.7,
                        .low = 0.6,
                        .high = 0.8,
                        .p = 0.0005,
                        .q = 0.001}};
    all.checks = {{.check = "null-inputs",
                   .label = "Null inputs",
                   .decoder = "near",
                   .verdict = Verdict::pass,
                   .found = "Nothing is kept",
                   .meaning = "The scores come from the responses",
                   .figures = {{"kept", 0.125}, {"none", NAN}},
                   .rows = {}},
                  {.check = "leakage",
                   .label = "Leakage",
                   .decoder = "far",
                   .verdict = Verdict::fail,
                   .found = "2 images were learned from " + std::string(hostile),
                   .meaning = "Leave them out",
                   .figures = {},
                   .rows = {3, 1}}};
    return all;
  }

  static TrainingLog log(const std::string& name) {
    TrainingLog log{name, {}};
    for (int i = 1; i <= 4000; ++i) {
      log.lines.push_back({{"step", 10 * i},
                           {"seconds", 0.5 * i},
                           {"generator", 3 * std::exp(-i / 900.0) + 0.1},
                           {"pixel", 0.4 * std::exp(-i / 500.0) + 0.02}});
    }
    return log;
  }
};

}  // namespace afterimage::sample
