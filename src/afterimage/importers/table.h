#pragma once

#include <string>
#include <vector>

#include "afterimage/importers/importer.h"

namespace afterimage {

/// What the TOML file of `import table` says.
struct TableOptions {
  std::vector<std::string> responses, responses_axes;
  std::string mask, nan = "refuse";
  std::vector<std::string> images, images_axes;
  std::vector<int64_t> images_shape;
  int64_t image_size = 0;
  std::vector<std::string> splits;
  int64_t test_stimuli = 0;
  std::vector<double> bin_start_ms, bin_stop_ms;
  double degrees_per_stimulus = 0, frames_per_second = 0;
  std::vector<double> fixation;

  struct StimulusTable {
    std::string table, captions;
  } stimuli;
  struct TrialTable {
    std::string table, stimulus, repeat, block;
    int64_t count_from = 0;
  } trials;
  struct SensorTable {
    std::string table, roi, array, x, y, size, reliability, unit = "stimulus";
    std::vector<std::string> roi_names;
    double pixels_per_stimulus = 0;
  } sensors;

  Options options();
};

/// The general way in: arrays, images and tables of any laboratory, named in a small TOML file
/// whose relative paths start at its own folder. Errors: unknown keys (the nearest is named),
/// whatever does not fit together.
class TableImporter : public Importer {
 public:
  ImportReport import(const ImportJob& job) override;
  std::string template_text() override;
};

}  // namespace afterimage
