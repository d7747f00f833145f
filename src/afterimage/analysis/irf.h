#pragma once

#include "afterimage/analysis/analysis.h"

namespace afterimage {

/// IRFA's inverse receptive fields (Fig. 4A, B): spatial (attention weights averaged over features)
/// and feature (averaged over space) per array, those of the first stimuli beside their images and
/// reconstructions, and their standard deviation across stimuli with its histograms. Where the
/// sensors' fields are known: how far the centre of an array's spatial field lies from them, and
/// how much it overlaps them (correlation over pixels with the sum of its sensors' Gaussians).
/// Whether arrays are nearer to their own fields than to those of other arrays is tested by
/// permuting the arrays.
class Irf : public Analysis {
 public:
  Options options() override;
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::string split_ = "test";
  int64_t permutations_ = 9999;
  int64_t images_ = 8;
  std::string deviation_ = "absolute";
  int64_t classes_ = 40;
};

}  // namespace afterimage
