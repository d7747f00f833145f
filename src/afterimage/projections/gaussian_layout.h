#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Weighted sums of Gaussian receptive fields,
///   out[m, i, j] = sum_s weights[m, s] exp(-((px_j - x_s)^2 + (py_i - y_s)^2) / (2 size_s^2))
/// (MonkeySee's inverse receptive field layer), where pixel centres lie at (index + 1/2) / side.
/// weights (m, s); x, y, size (s), stimulus widths, sizes above 0; all of one floating type.
/// -> (m, side, side). Differentiable once in everything; gradients of fields that need none are
/// not computed.
///
/// The map is made in square tiles, one matrix product each over the sensors whose field reaches
/// it; a field ends where it has fallen below the type's precision, so the sum is that of the whole
/// Gaussians up to rounding. Fields are made anew in the backward pass: no (sensor, y, x) tensor
/// is ever whole, let alone (m, sensor, y, x).
at::Tensor lay_out_gaussians(const at::Tensor& weights, const at::Tensor& x, const at::Tensor& y,
                             const at::Tensor& size, int64_t side);

}  // namespace afterimage
