#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/recording.h"

namespace afterimage::simulator {

/// The signals of Brain2Pix's synthetic experiment (Le et al. 2022, "Brain2Pix on synthetic data"):
/// of each sensor the sum over red, green and blue of the stimulus' pixel at its field's centre, of
/// images (n, 3, H, W) in [0,1]: (n, sensor). A centre outside the stimulus takes the nearest
/// pixel.
at::Tensor colour_sums(const at::Tensor& images, const Sensors& sensors);

}  // namespace afterimage::simulator
