#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"

namespace afterimage {

/// How alike two images look, by what needs no weights and nobody trains against: their pixels at
/// 16 x 16 (less the image's mean) and where their contours lie and how they run (orientation
/// energy in 4 x 4 cells at three scales of 32 x 32 pixels, its sum at each scale 1, so that blur
/// does not count). Both are z-scored by a reference set, so that what all images have in common
/// does not count either, and weigh alike.
class ImageLooks {
 public:
  /// (n, 3, H, W) float in [0,1] -> (n, d) float32 on the CPU, not yet z-scored.
  static at::Tensor raw(const at::Tensor& images, const RunContext& run);

  /// `reference`: raw looks of the images whose mean and spread count, training images as a rule.
  explicit ImageLooks(const at::Tensor& reference);

  /// Raw looks -> rows of length 1, so that the product of two is their likeness: 1 for the same
  /// image, about 0 for two unlike ones. An image that is the reference's mean has a row of zeros.
  at::Tensor standardised(const at::Tensor& raw) const;

 private:
  at::Tensor mean_, scale_;  // (d)
};

/// Two images this alike are one photograph: stored again, resized, or changed a little.
/// docs/evaluation.md says how alike different photographs are.
inline constexpr double kSamePhotograph = 0.95;

}  // namespace afterimage
