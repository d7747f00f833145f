#pragma once

#include "afterimage/importers/importer.h"

namespace afterimage {

/// The Natural Scenes Dataset as decoding papers pass it on. A folder with
/// nsd_{train,test}_fmriavg_nsdgeneral_subN.npy and nsd_{train,test}_stim_subN.npy (Ozcelik and
/// VanRullen 2023, brain-diffuser), repeats averaged; or a subject's folder of the Algonauts
/// Project 2023 (Gifford et al. 2023): training_split/training_fmri/{l,r}h_training_fmri.npy,
/// training_split/training_images/*.png and, where there are any, the ROI masks. Errors: missing
/// arrays, counts that do not fit.
class NsdArraysImporter : public Importer {
 public:
  Options options() override;
  ImportReport import(const ImportJob& job) override;

 private:
  int64_t subject_ = 1, image_size_ = 0, test_stimuli_ = 0;
  std::string roi_ = "prf-visualrois";
};

}  // namespace afterimage
