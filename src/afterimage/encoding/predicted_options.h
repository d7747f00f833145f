#pragma once

#include <cstdint>
#include <string>

#include "afterimage/base/options.h"
#include "afterimage/encoding/encoding_options.h"

namespace afterimage {

/// How images are varied.
struct VariationOptions {
  double crop = 0.7;
  double turn = 0;
  bool flip = true;
  double colour = 0.05;

  Options options();
};

/// Predicted trials for the training of a decoder; `data.*` and `encoding.*` of its configuration.
struct PredictedOptions {
  int64_t trials = 0;
  std::string images;
  double noise = 1;
  double average = 0;
  bool choose = true;
  VariationOptions variation;
  EncodingOptions encoding;

  /// "predicted", "predicted_images", ...
  Options options();
};

}  // namespace afterimage
