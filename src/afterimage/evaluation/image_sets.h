#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/reconstruction.h"

namespace afterimage {

/// A set of images that is scored and shown by itself: a decoder's reconstructions or a control.
struct ImageSet {
  std::string name;  ///< "brain2pix", "mean", "shuffled (brain2pix)"
  bool control = false;
  at::Tensor images;                     ///< (n, 3, H, W) float32
  std::vector<size_t> compared_by = {};  ///< reconstructions that are compared with it
  TrainedAgainst trained_against = {};   ///< networks of which a score is no evidence
  std::string configuration = {};        ///< of a decoder: as in its reconstruction
  std::optional<int64_t> seed = {};
};

/// The sets of several reconstructions of the same images: the decoders in order, then their
/// controls, each set of images once (a control that several share, or that is a decoder too).
/// Controls are named by what they are, and with the decoder's name where they are its own or
/// another set has the name.
std::vector<ImageSet> image_sets(const std::vector<Reconstruction>& reconstructions);

/// Calls the reconstructions so, in their order; without names they keep their own. Errors: not as
/// many names as reconstructions, an empty name.
void rename(std::vector<Reconstruction>& reconstructions, const std::vector<std::string>& names);

}  // namespace afterimage
