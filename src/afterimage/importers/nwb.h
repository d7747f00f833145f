#pragma once

#include <string>
#include <vector>

#include "afterimage/importers/importer.h"

namespace afterimage {

struct NwbOptions {
  std::string trials = "trials", onset_column = "start_time", stimulus_column;
  std::string split_column, block_column;
  int64_t count_from = 0, test_stimuli = 0;
  std::string responses, windows = "0-200";
  double bin_ms = 0;
  std::string images, image_axes = "y,x";
  int64_t image_size = 0;
  std::string roi_column, x_column, y_column, size_column, field_unit = "stimulus";
  double pixels_per_stimulus = 0, degrees_per_stimulus = 0;

  Options options();
};

/// Neurodata Without Borders, versions 2 (Rübel et al. 2022, "The Neurodata Without Borders
/// ecosystem for neurophysiological data science", eLife 11; schema: nwb-schema 2.x): one session.
/// A row of the trials table is a trial; its responses are means over windows after its onset of a
/// series (time, channel), or rates (spikes a second) of units. What it showed says a column, or an
/// IndexSeries; images are those of the file (an Images container or an ImageSeries) or of a
/// folder. Samples and spikes within .1 microseconds of an edge of a window count as on it, and a
/// window holds its start and not its stop. Errors: no NWB file, no trials, no such column, nothing
/// or several things that could be the responses, images that are not there.
class NwbImporter : public Importer {
 public:
  Options options() override { return options_.options(); }
  ImportReport import(const ImportJob& job) override;

 private:
  NwbOptions options_;
};

}  // namespace afterimage
