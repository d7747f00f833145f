#pragma once

#include <ATen/core/Tensor.h>

namespace afterimage {

/// The adjusted Rand index of two clusterings of the same points (Hubert and Arabie 1985): 1 where
/// they put the same points together, about 0 where they agree by chance. (n) int64 each; any label
/// is a cluster, -1 too, as in scikit-learn.
double adjusted_rand(const at::Tensor& first, const at::Tensor& second);

}  // namespace afterimage
