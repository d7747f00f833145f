#include "afterimage/importers/import_parts.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"

namespace afterimage {
Sensors plain_sensors(int64_t count, const std::string& prefix) {
  Sensors sensors;
  const auto size = static_cast<size_t>(count);
  sensors.name = names_from_1(prefix, count);
  sensors.roi.resize(size);
  sensors.array.assign(size, -1);
  sensors.x = sensors.y = sensors.size = sensors.reliability =
      std::vector<double>(size, std::numeric_limits<double>::quiet_NaN());
  return sensors;
}

Option image_size_option(int64_t& size) {
  return Option("image_size", size,
                "side of the stimuli: the largest centred square is resized; 0 = as they are")
      .unit("pixels")
      .range(0, 16384);
}

Sensors voxels_at(const at::Tensor& places) {
  Sensors sensors = plain_sensors(places.size(0), "voxel");
  const auto numbers = integers_of(places);
  for (size_t v = 0; v < numbers.size(); ++v) sensors.name[v] = concat("voxel-", numbers[v]);
  return sensors;
}

std::vector<int64_t> rows_from(const std::vector<int64_t>& numbers, int64_t from, int64_t count,
                               const std::string& where, const std::string& things) {
  std::vector<int64_t> rows;
  for (const int64_t number : numbers) rows.push_back(number - from);
  const auto outside =
      std::find_if(rows.begin(), rows.end(), [&](int64_t row) { return row < 0 || row >= count; });
  if (outside == rows.end()) return rows;
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  const int64_t other = 1 - from;
  const bool shifted = *low >= other && *high < other + count;
  throw Error(where,
              concat("names ", *low, " to ", *high, " where there are ", count, " ", things,
                     ", counted from ", from, " to ", from + count - 1),
              shifted ? concat("They seem to be counted from ", other) : "");
}

void fields_to_stimulus(Sensors& sensors, const std::string& unit, double degrees, double pixels,
                        const std::string& where) {
  if (unit == "stimulus") return;
  const bool angles = unit == "degrees";
  const double width = angles ? degrees : pixels;
  if (width <= 0) {
    throw Error(where, "receptive fields are in " + unit,
                concat("Then ", angles ? "degrees_per_stimulus" : "pixels_per_stimulus",
                       " must say how wide the stimulus is"));
  }
  for (size_t i = 0; i < sensors.x.size(); ++i) {
    sensors.x[i] = (angles ? 0.5 : 0) + sensors.x[i] / width;
    sensors.y[i] = angles ? 0.5 - sensors.y[i] / width : sensors.y[i] / width;
    sensors.size[i] /= width;
  }
}

void require_fewer_than_all(int64_t test, int64_t stimuli, ImportReport& report) {
  if (test >= stimuli)
    throw Error("--test-stimuli", concat("is ", test, " of ", stimuli, " images"));
  if (test > 0) return;
  report.notes.emplace_back(
      "all trials are for training: say --split-column, --test-stimuli or --split");
}

std::vector<std::string> split_by_stimulus(const std::vector<int64_t>& stimulus, int64_t stimuli,
                                           int64_t test) {
  std::vector<std::string> splits;
  for (const int64_t row : stimulus) splits.push_back(row < stimuli - test ? "train" : "test");
  return splits;
}

void add_shown_once(RecordingInfo& info, const std::string& split, int64_t block,
                    const std::vector<std::string>& names) {
  for (const auto& name : names) {
    info.trials.stimulus.push_back(info.stimuli());
    info.trials.repeat.push_back(0);
    info.trials.block.push_back(block);
    info.trials.split.push_back(split);
    info.stimulus_name.push_back(name);
    info.stimulus_source.push_back(name);
  }
}

std::vector<std::string> names_from_1(const std::string& word, int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 1; i <= count; ++i) names.push_back(concat(word, "-", i));
  return names;
}

void require_shape(const std::vector<int64_t>& found, const std::vector<int64_t>& expected,
                   const std::string& where, const std::string& what,
                   const std::vector<std::string>& axes) {
  if (shape_fits(found, expected)) return;
  const bool turned = shape_fits({found.rbegin(), found.rend()}, expected);
  throw Error(where, concat("has the shape ", shape_text(found)),
              concat("Expected ", shape_text(expected, axes), ": ", what,
                     turned ? ". The order of the indices seems to be reversed" : ""));
}

std::vector<int64_t> integers_of(const at::Tensor& values) {
  const at::Tensor list = values.to(at::kLong).contiguous();
  const auto* first = list.const_data_ptr<int64_t>();
  return {first, first + list.numel()};
}

std::vector<double> doubles_of(const at::Tensor& values) {
  const at::Tensor list = values.to(at::kDouble).contiguous();
  const auto* first = list.const_data_ptr<double>();
  return {first, first + list.numel()};
}

}  // namespace afterimage
