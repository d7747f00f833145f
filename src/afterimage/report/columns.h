#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/reconstruction.h"

namespace afterimage {

/// One column of the table of images: a decoder's reconstructions or a control.
struct ImageColumn {
  std::string name;  ///< as the scores call it: "brain2pix", "mean", "shuffled (brain2pix)"
  bool control = false;
  at::Tensor images;  ///< (n, 3, H, W) float32
};

/// The columns of several reconstructions of the same images: the decoders in order, then their
/// controls, each set of images once (a control that several share, or that is a decoder too).
/// Errors: two reconstructions of one name; reconstructions that differ in split, images or size; a
/// control of another shape.
std::vector<ImageColumn> image_columns(const std::vector<Reconstruction>& reconstructions);

}  // namespace afterimage
