#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/reconstruction.h"

namespace afterimage {

/// One column of the table of images: a decoder's reconstructions or a control.
struct ImageColumn {
  std::string name;  ///< heading: "brain2pix", "mean", "shuffled (brain2pix)"
  bool control = false;
  std::string control_of;  ///< the decoder this control belongs to (the first, where shared)
  std::string base_name;   ///< "shuffled": the control's name without its decoder
  at::Tensor images;       ///< (n, 3, H, W) float32
};

/// The columns of several reconstructions of the same images: the decoders in order, then their
/// controls. A control that is the same for all decoders stands once.
/// Errors: reconstructions that differ in split, images or size; a control of another shape.
std::vector<ImageColumn> image_columns(const std::vector<Reconstruction>& reconstructions);

}  // namespace afterimage
