#pragma once

#include "afterimage/analysis/analysis.h"

namespace afterimage {

/// IRFA's inverse receptive fields (Fig. 4A, B): spatial (attention weights averaged over features)
/// and feature (averaged over space) per array, their standard deviation across stimuli with its
/// histograms, and how far the centre of an array's spatial field lies from its sensors' known
/// fields; whether nearer than those of other arrays is tested by permuting the arrays.
class Irf : public Analysis {
 public:
  Fields fields() override;
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::string split_ = "test";
  int64_t permutations_ = 9999;
};

}  // namespace afterimage
