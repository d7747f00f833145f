#pragma once

#include <string>

#include "afterimage/importers/importer.h"

namespace afterimage {

struct DoctorWhoOptions {
  std::string train_videos = "videos/train", test_videos = "videos/test";
  double tr = 0.7;
  int64_t delay = 4;
  int64_t volumes = 5;
  int64_t image_size = 96;
  std::string retina = "warp";
  double density_ratio = 10;

  Options options();
};

/// Doctor Who, one subject's fMRI of 23 hours of film (Seeliger et al. 2019, "A large
/// single-participant fMRI dataset for probing brain responses to naturalistic stimuli in space and
/// time"), in the files of Brain2Pix (Le et al. 2022):
/// {training,testing}_brain_signals/*_run{n}.npy (time, then voxels), roimask.mat,
/// {col,row}_centers_112px.mat and a video for each run. A trial is a frame at the TR, its bins the
/// volumes `delay` .. `delay + volumes - 1` after it. One block per run. The receptive fields were
/// estimated on warped frames: frames are warped, fields not. Errors: files or variables that are
/// missing, counts that do not fit, NaN.
class DoctorWhoImporter : public Importer {
 public:
  Options options() override { return options_.options(); }
  ImportReport import(const ImportJob& job) override;

 private:
  DoctorWhoOptions options_;
};

}  // namespace afterimage
