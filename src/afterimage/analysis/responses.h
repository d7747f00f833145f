#pragma once

#include "afterimage/analysis/analysis.h"

namespace afterimage {

/// What the responses of one array, one ROI or one sensor add to the image: the reconstruction with
/// them less the one with them at their training mean; and where they matter at all: the change of
/// the image with a common gain on these responses (saliency, a central difference), both in
/// absolute value over colours and test images.
class Responses : public Analysis {
 public:
  Options options() override;
  /// Errors: no sensor of a name that was asked for.
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::string split_ = "test";
  std::string by_ = "array";
  std::vector<std::string> sensors_;
  int64_t images_ = 4;
};

}  // namespace afterimage
