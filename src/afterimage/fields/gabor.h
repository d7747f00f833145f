#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/fields/field_data.h"

namespace afterimage {

/// A Gaussian envelope, of standard deviation `size`, over a grating that changes along `angle`.
/// Stimulus widths; angle 0 is along x, and grows towards y.
struct Gabor {
  double x = 0.5, y = 0.5, size = 0.1;
  double angle = 0, wavelength = 0.2;
};

/// What is fitted to each sensor: the even and the odd phase, the envelope alone and the energy
/// (root of the sum of both squared phases), each with a weight. Any phase, a rectified one, a
/// complex cell and plain luminance are sums of these.
inline constexpr int64_t kGaborFeatures = 4;

/// Kernels on a grid of pixels: even (without response to a constant), odd, envelope, each of unit
/// norm. `x` (X) and `y` (Y) are pixel centres. (3, Y, X) float32
at::Tensor gabor_kernels(const Gabor& gabor, const at::Tensor& x, const at::Tensor& y);

/// Luminance of both halves of the data, less its mean, at several resolutions: Gabors are laid
/// over the coarsest that shows them.
class LuminancePyramid {
 public:
  explicit LuminancePyramid(const FieldData& data);

  /// Pixels that a standard deviation spans at the level for this size.
  double pixels(double size) const;
  int64_t side(double size) const { return level(size)[0].size(2); }
  /// (rows, 1, side, side)
  const at::Tensor& images(double size, int half) const;
  /// The smallest size that can be told.
  double smallest() const;

  /// (4, rows): what the rows of a half make of one Gabor. `like` is the size whose level is used.
  at::Tensor features(const Gabor& gabor, double like, int half) const;

 private:
  using Level = std::array<at::Tensor, 2>;
  const Level& level(double size) const;

  std::vector<Level> levels_;
};

/// (3, ...) kernels' outputs as the four features (4, ...).
at::Tensor gabor_features(const at::Tensor& outputs);

}  // namespace afterimage
