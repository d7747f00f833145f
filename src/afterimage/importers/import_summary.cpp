#include "afterimage/importers/import_summary.h"

#include <algorithm>
#include <map>
#include <set>

#include "afterimage/base/text.h"
#include "afterimage/recordings/leakage.h"

namespace afterimage {
namespace {

/// "3 trials", "1 trial".
std::string counted(int64_t count, const std::string& thing, const std::string& things) {
  return concat(count, " ", count == 1 ? thing : things);
}

std::string trials_line(const RecordingInfo& info, const std::string& split) {
  std::map<int64_t, int64_t> shown;  // how often each stimulus
  std::set<int64_t> blocks;
  int64_t trials = 0;
  for (size_t t = 0; t < info.trials.stimulus.size(); ++t) {
    if (info.trials.split[t] != split) continue;
    ++trials;
    ++shown[info.trials.stimulus[t]];
    blocks.insert(info.trials.block[t]);
  }
  const auto [least, most] = std::minmax_element(
      shown.begin(), shown.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const std::string times = least->second == most->second
                                ? concat(least->second)
                                : concat(least->second, " to ", most->second);
  return concat(split.empty() ? "in no split" : split, ": ", counted(trials, "trial", "trials"),
                " of ", counted(static_cast<int64_t>(shown.size()), "stimulus", "stimuli"),
                ", each shown ", times, most->second == 1 ? " time, in " : " times, in ",
                counted(static_cast<int64_t>(blocks.size()), "block", "blocks"));
}

std::string sensors_line(const Sensors& sensors) {
  std::vector<std::string> parts;
  int64_t mapped = 0;
  for (int64_t s = 0; s < sensors.count(); ++s) mapped += sensors.mapped(s);
  for (const auto& roi : sensors.rois()) {
    parts.push_back(concat(roi.empty() ? "no ROI" : roi, " ",
                           std::count(sensors.roi.begin(), sensors.roi.end(), roi)));
  }
  return concat(counted(sensors.count(), "sensor", "sensors"), " (", join(parts), "), ", mapped,
                " with a receptive field");
}

}  // namespace

std::vector<std::string> import_summary(const Recording& recording, const ImportReport& report,
                                        const RunContext& run) {
  const RecordingInfo& info = recording.info();
  std::vector<std::string> lines;
  lines.push_back(concat(counted(info.stimuli(), "stimulus", "stimuli"), " of ", info.width, " x ",
                         info.height, " pixels", info.channels == 1 ? ", gray" : ""));
  for (const auto& split : info.splits()) lines.push_back(trials_line(info, split));
  if (std::count(info.trials.split.begin(), info.trials.split.end(), "") > 0) {
    lines.push_back(trials_line(info, ""));
  }
  lines.push_back(sensors_line(info.sensors));
  for (const auto& [what, count, reason] : report.dropped) {
    lines.push_back(concat("dropped ", count, " ", what, ": ", reason));
  }
  const std::set<int64_t> shown(info.trials.stimulus.begin(), info.trials.stimulus.end());
  const int64_t unseen = info.stimuli() - static_cast<int64_t>(shown.size());
  if (unseen > 0) lines.push_back(concat(unseen, " of the stimuli are in no trial"));
  const auto shared = leakage_lines(shared_stimuli(recording, run));
  lines.insert(lines.end(), shared.begin(), shared.end());
  lines.insert(lines.end(), report.notes.begin(), report.notes.end());
  return lines;
}

}  // namespace afterimage
