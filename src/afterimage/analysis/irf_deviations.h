#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/analysis/irf_maps.h"
#include "afterimage/analysis/result.h"

namespace afterimage {

/// How much inverse receptive fields change from image to image (IRFA, Fig. 4B): the standard
/// deviation of each weight over images (divided by n), in the unit of the weights.
struct IrfDeviations {
  std::vector<std::string> arrays;
  at::Tensor spatial;     ///< (h, y, x) float32
  at::Tensor feature;     ///< (h, C) float32
  bool relative = false;  ///< divided by the mean weight, where only ratios compare
};

IrfDeviations deviations_of(const IrfMaps& maps, bool relative);

/// Histograms of both kinds in classes of one width: of all arrays, then of each, in the order in
/// which arrays are shown. `classes`: how many.
std::vector<Chart> deviation_charts(const IrfDeviations& deviations, int64_t classes);

/// The same as numbers: a row for each array, kind and class, with the share of the array's values.
Table deviation_table(const IrfDeviations& deviations, int64_t classes);

}  // namespace afterimage
