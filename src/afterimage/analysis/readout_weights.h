#pragma once

#include <string>

#include "afterimage/analysis/analysis.h"

namespace afterimage {

/// What each sensor adds to what a linear decoder predicts (MindDiffuser's interpretability): of
/// each target the mean weight over its units and the L1 norm, as a percentile among the sensors
/// that are seen, by region, and for voxels as NIfTI in the space of a mask. Weights say what a
/// decoder uses, not what the sensors prefer (Haufe et al. 2014): sensors that share noise take
/// weights from each other.
class ReadoutWeights : public Analysis {
 public:
  Options options() override;
  /// Errors: a decoder that is not linear; sensors that are no voxels of the mask.
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::string mask_;
};

}  // namespace afterimage
