#pragma once

#include "afterimage/analysis/analysis.h"

namespace afterimage {

/// Receptive fields that a projection has learned (MonkeySee, Fig. 7) beside those the recording
/// knows: how far each centre moved, size against eccentricity per ROI, and the tuning vectors of
/// the projection `tuned`. On a simulated recording, the distance from the true fields too.
class LearnedFieldsAnalysis : public Analysis {
 public:
  Options options() override { return {}; }
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;
};

}  // namespace afterimage
