#pragma once

#include "afterimage/analysis/analysis.h"
#include "afterimage/analysis/baseline_options.h"

namespace afterimage {

/// Occlusion in space and time (MonkeySee, Figs 2 and 3): reconstructions from one ROI alone, and
/// from only one, or all but one, time window, the other responses at their baseline. One pass over
/// the test set a condition; images of every condition, and what it changes in every metric.
class Occlusion : public Analysis {
 public:
  Options options() override;
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::string split_ = "test";
  BaselineOptions baseline_;
  std::vector<std::string> metrics_ = {"all"};
  int64_t images_ = 8;
};

}  // namespace afterimage
