#include "afterimage/preparation/selection.h"

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// One threshold: what it looks at and what a sensor needs.
struct Threshold {
  std::string name;
  const std::vector<double>* values;  ///< nullptr: no such measure
  double least;
};

const std::vector<double>* measure(const Sensors& sensors, const std::string& name) {
  const auto found = sensors.measures.find(name);
  return found == sensors.measures.end() ? nullptr : &found->second;
}

bool measured(const Threshold& threshold) {
  return threshold.values != nullptr &&
         std::any_of(threshold.values->begin(), threshold.values->end(),
                     [](double value) { return !std::isnan(value); });
}

}  // namespace

Options SensorSelection::options() {
  return {
      Option("rois", rois, "ROIs to keep, such as V1,V4; all when not given"),
      Option("min_reliability", min_reliability,
             "keep sensors with this reliability, of the kind reliability_kind names (-1: all)")
          .range(-1, 1),
      Option(
          "reliability_kind", reliability_kind,
          "which reliability that is: single-trial (mean correlation over all pairs of single "
          "trials: the papers' .3 and .4), split-half (of halves of the repeats, corrected to all "
          "of them: larger), or recorded: what the recording has, which is split-half where it "
          "is measured here and single-trial where the file of TVSD has it")
          .one_of({"recorded", "split-half", "single-trial"}),
      Option("min_oracle", min_oracle, "keep sensors with this oracle correlation (-1: all)")
          .range(-1, 1),
      Option("min_snr", min_snr, "keep sensors with this signal-to-noise (0: all)").range(0),
      Option("min_noise_ceiling", min_noise_ceiling,
             "keep sensors with this noise ceiling (0: all)")
          .range(0, 1),
      Option("mapped_only", mapped_only, "keep sensors with a receptive field only"),
  };
}

bool SensorSelection::uses_measures() const {
  return min_reliability > -1 || min_oracle > -1 || min_snr > 0 || min_noise_ceiling > 0;
}

std::vector<int64_t> SensorSelection::apply(const Sensors& sensors, ImportReport& report,
                                            const std::string& where) const {
  const auto known = sensors.rois();
  for (const auto& roi : rois) {
    if (std::find(known.begin(), known.end(), roi) == known.end()) {
      throw Error(where, concat("there is no ROI '", roi, "'"), suggestion(roi, known));
    }
  }
  std::vector<Threshold> thresholds;
  const auto require = [&](const std::string& name, const std::vector<double>* values, double least,
                           double off) {
    if (least <= off) return;
    thresholds.push_back({name, values, least});
    if (!measured(thresholds.back())) {
      throw Error(where, concat("no sensor has a measured ", name),
                  "Measure it, such as on the test's repeats: --reliability test");
    }
  };
  if (reliability_kind == "recorded") {
    require("reliability", &sensors.reliability, min_reliability, -1);
  } else {
    require(reliability_kind + " reliability",
            measure(sensors, reliability_kind == "split-half" ? "split_half" : "single_trial"),
            min_reliability, -1);
  }
  require("oracle", measure(sensors, "oracle"), min_oracle, -1);
  require("snr", measure(sensors, "snr"), min_snr, 0);
  require("noise_ceiling", measure(sensors, "noise_ceiling"), min_noise_ceiling, 0);

  std::vector<int64_t> kept;
  int64_t other_roi = 0, unmapped = 0;
  std::vector<int64_t> below(thresholds.size());
  for (int64_t s = 0; s < sensors.count(); ++s) {
    const auto i = static_cast<size_t>(s);
    if (!rois.empty() && std::find(rois.begin(), rois.end(), sensors.roi[i]) == rois.end()) {
      ++other_roi;
      continue;
    }
    if (mapped_only && !sensors.mapped(s)) {
      ++unmapped;
      continue;
    }
    const auto fails = std::find_if(
        thresholds.begin(), thresholds.end(),
        [&](const Threshold& threshold) { return !((*threshold.values)[i] >= threshold.least); });
    if (fails != thresholds.end()) {
      ++below[static_cast<size_t>(fails - thresholds.begin())];
      continue;
    }
    kept.push_back(s);
  }
  const auto drop = [&](int64_t count, const std::string& reason) {
    if (count > 0) report.dropped.push_back({"sensors", count, reason});
  };
  drop(other_roi, "in other ROIs");
  drop(unmapped, "without a receptive field");
  for (size_t t = 0; t < thresholds.size(); ++t) {
    drop(below[t], concat(thresholds[t].name, " below ", number_text(thresholds[t].least)));
  }
  if (kept.empty()) throw Error(where, "no sensor is left", "Lower the thresholds");
  return kept;
}

}  // namespace afterimage
