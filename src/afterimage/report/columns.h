#pragma once

#include <vector>

#include "afterimage/evaluation/image_sets.h"

namespace afterimage {

/// The columns of the table of images: a set of images each, named as their scores are. Errors: two
/// reconstructions of one name; reconstructions that differ in split, images or size; a control of
/// another shape.
std::vector<ImageSet> image_columns(const std::vector<Reconstruction>& reconstructions);

}  // namespace afterimage
