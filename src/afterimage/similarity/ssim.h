#pragma once

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Luminance of RGB in [0,1] with scikit-image's weights (.2125, .7154, .0721; ITU-R BT.709):
/// (n, 3, H, W) -> (n, 1, H, W) float64.
at::Tensor luminance(const at::Tensor& images);

/// Structural similarity (Wang et al. 2004) of gray images (n, 1, H, W) in [0,1], float64 -> (n):
/// Gaussian window of sigma 1.5 and 11 taps, K1 = .01, K2 = .03, population covariance, data
/// range 1. The mean is over the windows that lie inside the image, as in scikit-image's
/// structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
/// data_range=1), whose 5-pixel border is cropped. H and W are at least 11.
at::Tensor structural_similarity(const at::Tensor& x, const at::Tensor& y);

inline constexpr int64_t kSsimWindow = 11;

}  // namespace afterimage
