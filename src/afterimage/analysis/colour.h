#pragma once

#include "afterimage/analysis/analysis.h"
#include "afterimage/analysis/baseline_options.h"

namespace afterimage {

/// How colourful reconstructions from one region alone are (MonkeySee, Fig. 4: the Composite
/// Colourfulness Score after Hasler & Suesstrunk 2003), beside all regions and the images shown.
class Colour : public Analysis {
 public:
  Options options() override;
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::string split_ = "test";
  BaselineOptions baseline_;
  int64_t bars_ = 24;
};

}  // namespace afterimage
