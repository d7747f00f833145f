#pragma once

#include <string>
#include <vector>

#include "afterimage/importers/importer.h"

namespace afterimage {

struct BidsOptions {
  std::string subject;
  std::vector<std::string> betas = {"betas"};
  std::string events, stimulus_column = "stim_file", split_column;
  std::vector<std::string> trial_types;
  int64_t test_stimuli = 0;
  std::string block = "run", mask, labels;
  std::vector<std::string> rois;
  std::string images, nan = "refuse";
  int64_t image_size = 0;
  double bin_start_ms = 0, bin_stop_ms = 4000, degrees_per_stimulus = 0;

  Options options();
};

/// Betas of single trials in BIDS derivatives (Gorgolewski et al. 2016, "The brain imaging data
/// structure", Scientific Data 3; betas as GLMsingle gives them, Prince et al. 2022), one subject:
/// NIfTI series (x, y, z, trial), a file a run or a session, whose names say subject, session, task
/// and run; events.tsv files of the same names, which say what was shown in each trial; a mask;
/// label volumes with their tables; images below `stimuli`. Errors: no such files, several that
/// could be meant, events and betas of different numbers, images that are not there.
class BidsImporter : public Importer {
 public:
  Options options() override { return options_.options(); }
  ImportReport import(const ImportJob& job) override;

 private:
  BidsOptions options_;
};

}  // namespace afterimage
