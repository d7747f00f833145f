#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/fields/feature_maps.h"
#include "afterimage/fields/field_data.h"

namespace afterimage {

/// What early vision is sensitive to, from RGB (n, 3, A, A) in [0,1]: (n, 15, A, A). Luminance, two
/// opponent colours, and the energy of quadrature pairs of Gabors (Adelson and Bergen 1985) at four
/// orientations and three scales an octave apart; the finest wavelength is 4.5 pixels.
at::Tensor early_features(const at::Tensor& images);

/// The feature maps of all training stimuli: "local" (early_features), "network"
/// (NetworkFeatures), or "all". `components` is how many of
/// each layer. Errors: no weights of SqueezeNet.
std::vector<FeatureMaps> visual_features(const FieldData& data, const std::string& kinds,
                                         int64_t components, const RunContext& run);

}  // namespace afterimage
