#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/analysis/irf_maps.h"
#include "afterimage/analysis/result.h"

namespace afterimage {

/// A map as a picture, black to white: its range, taken without the border, or that of `like`,
/// several maps that are to compare. Near the border the score convolution sees less than its whole
/// kernel, and those few rows would decide alone. (y, x), (n, y, x) -> (3, y, x)
at::Tensor map_picture(const at::Tensor& map, const at::Tensor& like = {});

/// IRFA, Fig. 4A: of each stimulus its image, its reconstruction, the spatial field of each array
/// and the feature fields of all (a row per array, a column per feature), each array's fields from
/// its least to its largest over the stimuli shown, feature fields from 0 to the largest.
/// `names`: of the first stimuli, those shown. Images (n, 3, H, W).
ImageGrid stimulus_grid(const IrfMaps& maps, const std::vector<std::string>& names,
                        const at::Tensor& images, const at::Tensor& reconstructions);

}  // namespace afterimage
