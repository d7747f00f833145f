#pragma once

#include <string>

#include "afterimage/analysis/baseline.h"
#include "afterimage/base/options.h"
#include "afterimage/decoders/model.h"

namespace afterimage {

/// Which baseline an analysis takes for the responses that it keeps from the decoder, as options of
/// that analysis.
struct BaselineOptions {
  std::string baseline = "mean";
  std::string baseline_recording;

  Options options();
  /// The model must outlive it. Errors: no bin before onset; other sensors.
  Baseline of(const Model& model, const Recording& recording) const;
  /// "their training mean", "their level before onset".
  std::string text() const;
};

}  // namespace afterimage
