#pragma once

#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/recordings/import_report.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Which sensors to keep. Thresholds are off by default; a sensor whose value was not measured
/// (NaN) does not pass one that is on.
struct SensorSelection {
  std::vector<std::string> rois;
  double min_reliability = -1;
  /// Which reliability that is: "recorded" (the recording's own), "split-half" or "single-trial".
  std::string reliability_kind = "recorded";
  double min_oracle = -1;
  double min_snr = 0;
  double min_noise_ceiling = 0;
  bool mapped_only = false;

  Options options();

  /// Any threshold on what is measured from repeats (not ROI or field).
  bool uses_measures() const;
  /// Rows of the sensors kept, in order; what is dropped, and why, goes to the report. Errors at
  /// `where`: an unknown ROI, a threshold on something no sensor has, none left.
  std::vector<int64_t> apply(const Sensors& sensors, ImportReport& report,
                             const std::string& where) const;
};

}  // namespace afterimage
