#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/evaluation/stimuli.h"

namespace afterimage {

/// Pearson correlation over stimuli of measured responses (stimuli, channel) with those predicted
/// for each row, (rows, channel), both float64; the sums over the rows of a stimulus are averaged.
/// -> (channel) float64: NaN where the measured response never varies, 0 where the prediction does
/// not. Two stimuli or more.
at::Tensor response_correlation(const at::Tensor& measured, const at::Tensor& predicted,
                                const Stimuli& stimuli);

/// The weighted mean of such correlations as a mean over stimuli: each stimulus' share is the mean
/// and how it would move if the stimulus weighed more (its influence; infinitesimal jackknife,
/// Efron 1982), for each channel
///   u = r + x y - r (x^2 + y^2) / 2,  x, y: measured and predicted, z-scored over stimuli,
/// so that resampling stimuli resamples the correlations, to first order. `weights` (channel), of
/// channels that vary; -> (stimuli) float64, whose mean is sum(weights * r).
at::Tensor influence_values(const at::Tensor& measured, const at::Tensor& predicted,
                            const Stimuli& stimuli, const at::Tensor& weights);

}  // namespace afterimage
