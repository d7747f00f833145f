#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/evaluation/metric.h"

namespace afterimage {

/// How far apart two sets of images lie as distributions of features, whichever image belongs to
/// which: whether reconstructions look like photographs, not whether they are the right ones.

/// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of means and covariances over rows (Frechet distance
/// of two normal distributions; Heusel et al. 2017, eq. 6). (n, d), (m, d) of any float type; n, m
/// > 1. In float64.
double frechet_distance(const at::Tensor& x, const at::Tensor& y);

/// Pseudo-values (stimuli) float64 of the squared maximum mean discrepancy with the kernel
/// (x . y / d + 1)^3 (Binkowski et al. 2018), unbiased (Gretton et al. 2012, eq. 4: truth and
/// reconstruction of one image are never compared): their mean is the estimate, and the variance of
/// their mean that of the jackknife, so that resampling them resamples a mean. `truth` (stimuli,
/// d), `made` (rows, d) of which each stimulus counts alike; three stimuli or more.
at::Tensor kernel_distance_values(const at::Tensor& truth, const at::Tensor& made,
                                  const Stimuli& stimuli);

/// Of all elements, in float64.
double root_mean_square(const at::Tensor& x);

/// FID: the first of the two. No number without more images than units: the covariances would be
/// singular, and the distance then says how many images there are.
Score frechet_score(const at::Tensor& truth, const at::Tensor& made, const Stimuli& stimuli);

/// KID: the second, with an interval over stimuli. No number with fewer than `kLeastForKernel`.
inline constexpr int64_t kLeastForKernel = 20;
Score kernel_score(const at::Tensor& truth, const at::Tensor& made, const Stimuli& stimuli);

}  // namespace afterimage
