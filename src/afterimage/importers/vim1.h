#pragma once

#include "afterimage/importers/importer.h"

namespace afterimage {

/// vim-1 (Kay, Naselaris, Prenger and Gallant 2008, "Identifying natural images from human brain
/// activity", Nature 452; CRCNS): EstimatedResponses.mat with dataTrnS1 (voxel, 1750), dataValS1
/// (voxel, 120) and roiS1, and Stimuli.mat with stimTrn (1750, 128, 128), stimVal (120, 128, 128),
/// contrasts that are scaled to 0..255 by one factor. Voxels that are NaN in some image are dropped
/// and counted. Errors: missing variables, counts that do not fit.
class Vim1Importer : public Importer {
 public:
  Options options() override;
  ImportReport import(const ImportJob& job) override;

 private:
  int64_t subject_ = 1;
};

}  // namespace afterimage
