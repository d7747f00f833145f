#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// The principal components of a source's images (gray images: of their one channel), float64.
struct ImageComponents {
  at::Tensor mean;        ///< (pixels)
  at::Tensor components;  ///< (k, pixels), orthonormal rows, most variance first
  at::Tensor variance;    ///< (k), of the images along them, over n

  /// (n, 3, size, size) -> (n, k).
  at::Tensor scores(const at::Tensor& images) const;
};

/// At most `count` of them, fewer where the images span fewer. By subspace iteration (Halko,
/// Martinsson & Tropp 2011, algorithm 4.4): the images are read batch by batch a few times, and no
/// covariance of pixels is formed. Exact where `count` reaches the images' rank, and for leading
/// components otherwise as far as their variances stand apart. Errors: fewer than two samples.
ImageComponents image_components(const SampleSource& source, int64_t count, const RunContext& run);

}  // namespace afterimage
