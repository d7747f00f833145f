#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/areas.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

std::vector<std::string> distinct(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const std::string& word : words) {
    if (seen.insert(word).second) out.push_back(word);
  }
  return out;
}

// Refuses what a user put into one list of the recording.
class ListCheck {
 public:
  ListCheck(const std::string& where, int64_t count, std::string things)
      : where_(where), count_(count), things_(std::move(things)) {}

  template <typename T>
  void length(const char* list, const std::vector<T>& values) const {
    if (static_cast<int64_t>(values.size()) == count_) return;
    throw Error(where_, concat(list, " has ", values.size(), " entries"),
                concat("There are ", count_, " ", things_, ", it needs one for each"));
  }

  template <typename T, typename Valid>
  void values(const char* list, const std::vector<T>& values, Valid valid,
              const std::string& right) const {
    length(list, values);
    for (size_t i = 0; i < values.size(); ++i) {
      if (valid(values[i])) continue;
      throw Error(where_, concat(list, "[", i, "] is ", values[i]), right);
    }
  }

  void unique(const char* list, const std::vector<std::string>& names) const {
    length(list, names);
    std::unordered_set<std::string> seen;
    for (const std::string& name : names) {
      if (!seen.insert(name).second) {
        throw Error(where_, concat(list, " has '", name, "' twice"), "Names must differ");
      }
    }
  }

 private:
  const std::string& where_;
  int64_t count_;
  std::string things_;
};

bool number_or_nan(double value) { return !std::isinf(value); }

void check_sensors(const Sensors& sensors, const std::string& where) {
  if (sensors.count() == 0) throw Error(where, "has no sensors");
  const ListCheck check(where, sensors.count(), "sensors");
  check.unique("sensors/name", sensors.name);
  check.length("sensors/roi", sensors.roi);
  check.values(
      "sensors/array", sensors.array, [](int64_t array) { return array >= -1; },
      "Arrays are counted from 0, -1 is none");
  check.values("sensors/x", sensors.x, number_or_nan, "It must be a number, or NaN if unknown");
  check.values("sensors/y", sensors.y, number_or_nan, "It must be a number, or NaN if unknown");
  check.values(
      "sensors/size", sensors.size,
      [](double size) { return std::isnan(size) || (size > 0 && std::isfinite(size)); },
      "A size must be above 0, or NaN if unknown");
  check.values(
      "sensors/reliability", sensors.reliability,
      [](double value) { return std::isnan(value) || std::abs(value) <= 1 + 1e-6; },
      "A correlation lies between -1 and 1, NaN if unknown");
  for (const auto& [name, values] : sensors.measures) {
    check.values(("sensors/measures/" + name).c_str(), values, number_or_nan,
                 "It must be a number, or NaN if not measured");
  }
}

void check_stimuli(const RecordingInfo& info, const std::string& where) {
  if (info.stimuli() == 0) throw Error(where, "has no stimuli");
  const ListCheck check(where, info.stimuli(), "stimuli");
  check.unique("stimuli/name", info.stimulus_name);
  check.length("stimuli/source", info.stimulus_source);
  if (!info.stimulus_category.empty()) check.length("stimuli/category", info.stimulus_category);
  if (!info.stimulus_caption.empty()) check.length("stimuli/caption", info.stimulus_caption);
  if (info.height < 1 || info.width < 1) {
    throw Error(where, concat("the stimuli are ", info.height, " x ", info.width, " pixels"));
  }
  if (info.channels != 1 && info.channels != 3) {
    throw Error(where, concat("the stimuli have ", info.channels, " channels"),
                "They must have 3 (RGB) or 1 (gray)");
  }
  if (!(info.frames_per_second >= 0) || std::isinf(info.frames_per_second)) {
    throw Error(where, concat("frames_per_second is ", info.frames_per_second),
                "It must be 0 (still images) or more");
  }
  if (!(info.degrees_per_stimulus >= 0) || std::isinf(info.degrees_per_stimulus)) {
    throw Error(where, concat("degrees_per_stimulus is ", info.degrees_per_stimulus),
                "It must be 0 (unknown) or more");
  }
  if (!number_or_nan(info.fixation_x) || !number_or_nan(info.fixation_y) ||
      std::isnan(info.fixation_x) != std::isnan(info.fixation_y)) {
    throw Error(where, concat("fixation_x is ", info.fixation_x, ", fixation_y ", info.fixation_y),
                "Both must be numbers in stimulus coordinates, or both NaN (unknown)");
  }
}

void check_trials(const RecordingInfo& info, const std::string& where) {
  const Trials& trials = info.trials;
  if (trials.count() == 0) throw Error(where, "has no trials");
  const ListCheck check(where, trials.count(), "trials");
  check.values(
      "trials/stimulus", trials.stimulus,
      [&](int64_t row) { return row >= 0 && row < info.stimuli(); },
      concat("There are ", info.stimuli(), " stimuli, counted from 0 to ", info.stimuli() - 1));
  const auto counted = [](int64_t value) { return value >= 0; };
  check.values("trials/repeat", trials.repeat, counted, "Repeats are counted from 0");
  check.values("trials/block", trials.block, counted, "Blocks are counted from 0");
  check.length("trials/split", trials.split);
}

void check_bins(const std::vector<Bin>& bins, const std::string& where) {
  if (bins.empty()) throw Error(where, "has no bins", "fMRI has one: the volume's time");
  for (size_t i = 0; i < bins.size(); ++i) {
    const auto [start, stop] = bins[i];
    if (std::isfinite(start) && std::isfinite(stop) && start < stop) continue;
    throw Error(where, concat("bin ", i, " goes from ", start, " to ", stop, " ms"),
                "A bin must start before it stops");
  }
}

}  // namespace

bool Sensors::mapped(int64_t sensor) const {
  const auto i = static_cast<size_t>(sensor);
  return std::isfinite(x[i]) && std::isfinite(y[i]);
}

std::vector<std::string> Sensors::rois() const { return in_shown_order(distinct(roi)); }

at::Tensor Sensors::in_rois(const std::vector<std::string>& wanted,
                            const std::string& where) const {
  auto inside = at::zeros({count()}, at::kBool);
  for (const auto& region : wanted) {
    if (std::find(roi.begin(), roi.end(), region) == roi.end()) {
      throw Error(where, "there is no ROI '" + region + "'", "There are " + join(rois()));
    }
    for (size_t s = 0; s < roi.size(); ++s) {
      if (roi[s] == region) inside[static_cast<int64_t>(s)] = true;
    }
  }
  return inside;
}

Sensors Sensors::select(const std::vector<int64_t>& rows) const {
  const auto pick = [&rows](const auto& list) {
    std::remove_cvref_t<decltype(list)> out;
    for (const int64_t row : rows) out.push_back(list[static_cast<size_t>(row)]);
    return out;
  };
  Sensors out{pick(name), pick(roi),  pick(array),       pick(x),
              pick(y),    pick(size), pick(reliability), {}};
  for (const auto& [key, values] : measures) out.measures[key] = pick(values);
  return out;
}

std::vector<int64_t> count_repeats(const std::vector<int64_t>& stimulus) {
  std::map<int64_t, int64_t> shown;
  std::vector<int64_t> repeat;
  for (const int64_t row : stimulus) repeat.push_back(shown[row]++);
  return repeat;
}

bool RecordingInfo::fixation_known() const {
  return std::isfinite(fixation_x) && std::isfinite(fixation_y);
}

double RecordingInfo::eccentricity(double x, double y) const {
  return fixation_known() ? std::hypot(x - fixation_x, y - fixation_y)
                          : std::hypot(x - 0.5, y - 0.5);
}

const char* RecordingInfo::eccentricity_from() const {
  return fixation_known() ? "fixation" : "the middle of the stimulus";
}

std::vector<std::string> RecordingInfo::splits() const {
  std::vector<std::string> out = distinct(trials.split);
  std::erase(out, "");
  return out;
}

std::vector<int64_t> RecordingInfo::trials_of(const std::string& split,
                                              const std::string& where) const {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < trials.count(); ++i) {
    if (trials.split[static_cast<size_t>(i)] == split) rows.push_back(i);
  }
  if (!rows.empty() && !split.empty()) return rows;
  const std::vector<std::string> known = splits();
  throw Error(where, concat("has no trials in the split '", split, "'"),
              known.empty() ? "It has no splits at all" : suggestion(split, known));
}

void RecordingInfo::check(const std::string& where) const {
  check_stimuli(*this, where);
  check_bins(bins, where);
  check_sensors(sensors, where);
  check_trials(*this, where);
}

}  // namespace afterimage
