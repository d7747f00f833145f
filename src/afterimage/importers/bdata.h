#pragma once

#include <string>
#include <vector>

#include "afterimage/importers/importer.h"

namespace afterimage {

/// BData files of the Kamitani laboratory (HDF5, by bdpy; Horikawa and Kamitani 2017, Shen et al.
/// 2019): samples by columns, some of which are voxels and others say what was shown. Voxels are
/// chosen in bdpy's own language. The stimulus of a sample is the label that /vmap gives its
/// number, which is the name of an image file; without labels it is the number of the image in name
/// order, from 1. Errors: no BData, keys or images that are not there, numbers that are no images.
class BDataImporter : public Importer {
 public:
  Options options() override;
  ImportReport import(const ImportJob& job) override;

 private:
  std::string voxels_ = "VoxelData = 1", stimulus_ = "stimulus_name", block_ = "Run", split_key_;
  std::vector<std::string> images_, splits_ = {"train", "test"}, rois_;
  int64_t image_size_ = 0;
  double bin_start_ms_ = 0, bin_stop_ms_ = 8000;
};

}  // namespace afterimage
