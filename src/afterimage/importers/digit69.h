#pragma once

#include "afterimage/importers/importer.h"

namespace afterimage {

/// Handwritten digits 6 and 9 and the fMRI responses to them (van Gerven, de Lange and Heskes 2010,
/// "Neural decoding with hierarchical generative models", Neural Computation 22): one MATLAB file
/// with fmriTrn (90, voxel), fmriTest (10, voxel), and stimTrn, stimTest (n, 784) uint8, whose
/// pixels run down the columns first. No receptive fields, no regions, one response per trial; its
/// bin is the 12.5 s a digit was shown. Errors: a missing variable, counts that do not fit, values
/// that are not finite.
class Digit69Importer : public Importer {
 public:
  ImportReport import(const ImportJob& job) override;
};

}  // namespace afterimage
