#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "afterimage/base/options.h"

namespace afterimage {

struct DbscanOptions {
  double eps = 1.5;         ///< reach of a point; IRFA's
  int64_t min_samples = 5;  ///< points within reach, itself included, that make a core

  Options options();
};

/// DBSCAN (Ester et al. 1996) of points (n, d): the cluster of each, numbered by their first core
/// point, -1 for noise. (n) int64. A border point goes to the first cluster that reaches it, as in
/// scikit-learn.
at::Tensor dbscan(const at::Tensor& points, const DbscanOptions& options);

}  // namespace afterimage
