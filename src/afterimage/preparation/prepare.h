#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/preparation/images.h"
#include "afterimage/preparation/selection.h"
#include "afterimage/preparation/splits.h"
#include "afterimage/recordings/import_report.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// What `afterimage prepare` does to a recording, and `afterimage import` to what it has read. The
/// steps run in this order: splits, detrending, baseline, windows, delays, z-scores, reliability,
/// choice of sensors, averages, images.
struct PrepareOptions {
  SplitOptions splits;
  int64_t detrend = 0;
  std::string baseline = "none";
  std::string windows = "all";
  std::vector<int64_t> delays;
  std::string zscore = "none";
  std::string reliability = "keep";
  int64_t halves = 100;
  int64_t ceiling_trials = 0;
  SensorSelection sensors;
  std::string average = "none";
  ImageOptions images;

  Options options();
  /// Whether any option differs from its default.
  bool any() const;
  /// Whether any step runs on the run's device: only the features of images that are clustered.
  bool uses_device() const { return splits.split == "cluster"; }
};

/// Writes `from` as prepared to `out`, batch by batch. `provenance` becomes that of the new
/// recording; what looked at test data ("transductive") is added to it as a list of texts, with
/// what the recording already had. Errors name the recording; interrupted: nothing is left behind.
ImportReport prepare(const Recording& from, PrepareOptions options,
                     const std::filesystem::path& out, bool force, const RunContext& run,
                     nlohmann::json provenance);

}  // namespace afterimage
