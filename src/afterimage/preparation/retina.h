#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// The fish-eye warp that gives an image the sampling of a retina: dense in the middle, `ratio`
/// times sparser at the edge (Bashivan, Kar & DiCarlo 2019, as Brain2Pix used it). Samples lie at
/// radii r_0 = 0, r_{i+1} = r_i + c exp(log(ratio) r_i / (2 r_max)), where c lets the last of
/// output / 2 samples fall on the edge, r_max = input / 2; the warp is the least-squares fit
/// r = a r'^2 + b r' (pixels, a and b not below 0) to them. What lies outside the image is black.
class RetinaWarp {
 public:
  /// Errors: sizes below 4 pixels, a ratio not above 1 or so high that nothing would be left.
  RetinaWarp(int64_t input_size, int64_t output_size, double ratio = 10);

  double a() const { return a_; }
  double b() const { return b_; }

  /// (n, C, input, input) -> (n, C, output, output), uint8 or float; bilinear.
  at::Tensor warp(const at::Tensor& images) const;
  /// (n, C, output, output) -> (n, C, input, input): the inverse, but for the detail that the warp
  /// took from the periphery.
  at::Tensor unwarp(const at::Tensor& images) const;

  /// Where in the warped image a point of the stimulus lies, and back (stimulus coordinates,
  /// float64, any shape; NaN stays NaN).
  struct Points {
    at::Tensor x, y;
  };
  Points retina_from_stimulus(const at::Tensor& x, const at::Tensor& y) const;
  Points stimulus_from_retina(const at::Tensor& x, const at::Tensor& y) const;
  /// How much longer a short line at this point becomes by warping: the geometric mean of its
  /// stretch along and across the radius.
  at::Tensor magnification(const at::Tensor& x, const at::Tensor& y) const;

 private:
  int64_t input_, output_;
  double a_ = 0, b_ = 1;
};

}  // namespace afterimage
