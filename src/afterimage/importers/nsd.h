#pragma once

#include <string>
#include <vector>

#include "afterimage/importers/importer.h"

namespace afterimage {

/// The Natural Scenes Dataset (Allen et al. 2022, "A massive 7T fMRI dataset to bridge cognitive
/// neuroscience and artificial intelligence", Nature Neuroscience 25) in its own folders: betas of
/// one subject, a NIfTI or HDF5 file a session (int16, 300 times the percent signal change), read a
/// few trials at a time; the order of images from nsd_expdesign.mat (counted from 1 there); images
/// from nsd_stimuli.hdf5; voxels of `mask`, named after the ROI volumes; population receptive
/// fields where the folder has them. Block = session, every showing is a trial, test = shared
/// images; captions of the images where files are named. Errors: missing files, sessions not of 750
/// trials, volumes of other sizes, images that are not there.
class NsdImporter : public Importer {
 public:
  Options options() override;
  ImportReport import(const ImportJob& job) override;

 private:
  int64_t subject_ = 1, sessions_ = 0, image_size_ = 0;
  std::string space_ = "func1pt8mm", betas_ = "betas_fithrf_GLMdenoise_RR", mask_ = "nsdgeneral";
  std::vector<std::string> rois_ = {"prf-visualrois"};
  std::vector<std::string> captions_;
  std::string test_ = "shared";
  bool merge_rois_ = false;
  double field_r2_ = 10;
};

}  // namespace afterimage
