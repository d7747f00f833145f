#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace afterimage::simulator {

/// The artificial shapes of Shen et al. (2019): square, small frame, large frame, plus and cross,
/// each in eight colours on gray: what a decoder of photographs is asked to generalise to.
inline constexpr int64_t kShapes = 40;

/// "red plus", of the shape 0 .. kShapes - 1.
std::string shape_name(int64_t shape);

/// (3, size, size) uint8.
at::Tensor draw_shape(int64_t shape, int64_t size);

}  // namespace afterimage::simulator
