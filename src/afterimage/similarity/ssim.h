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

/// How many of the five scales of multi-scale SSIM fit into an image of this shorter side: each
/// halves it, and the window must fit into the last.
int64_t ssim_scales(int64_t side);

/// Multi-scale structural similarity (Wang, Simoncelli & Bovik 2003) of gray images (n, 1, H, W) in
/// [0,1], float64 -> (n): the product over scales of contrast and structure, in the last of them of
/// luminance too, each to the power of its weight (.0448, .2856, .3001, .2363, .1333). Between
/// scales 2 x 2 pixels are averaged. Small images have fewer scales; the weights of those there are
/// then enlarged to add up to as much. Negative means of contrast and structure count as 0.
at::Tensor multi_scale_similarity(const at::Tensor& x, const at::Tensor& y);

}  // namespace afterimage
