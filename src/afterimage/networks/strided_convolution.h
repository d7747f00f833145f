#pragma once

#include <ATen/core/Tensor.h>

namespace afterimage {

/// The U-Net's two convolutions: kernel 4, stride 2, padding 1, no bias. Where maps are a few
/// pixels wide and weights are millions, oneDNN spends its time on laying out the weights, and a
/// plain matrix product over unfolded patches is faster on a CPU (innermost block, batch 8, forward
/// and backward: float32 2 to 3 times, bfloat16 5 to 9 times). Both give the same function; which
/// one runs follows from the sizes.

/// (n, in, 2y, 2x) with weight (out, in, 4, 4) -> (n, out, y, x).
at::Tensor halving_convolution(const at::Tensor& x, const at::Tensor& weight);

/// The transposed convolution: (n, in, y, x) with weight (in, out, 4, 4) -> (n, out, 2y, 2x).
at::Tensor doubling_convolution(const at::Tensor& x, const at::Tensor& weight);

}  // namespace afterimage
