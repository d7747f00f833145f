#pragma once

#include "afterimage/analysis/analysis.h"
#include "afterimage/analysis/baseline_options.h"

namespace afterimage {

/// Which layers of an ImageNet network the reconstructions from one region, one window, or one
/// window of one region come nearest to (MonkeySee, Figs 8-10): the correlation of each layer's
/// features with those of the images shown, absolute, and relative: divided by their sum over the
/// layers of the same reconstructions. AlexNet where its weights are at hand, else VGG19 or
/// SqueezeNet; the result says which.
class Layers : public Analysis {
 public:
  Options options() override;
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::string split_ = "test";
  BaselineOptions baseline_;
};

}  // namespace afterimage
