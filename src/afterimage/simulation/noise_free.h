#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Whether a recording knows what the stimuli of these trials evoke without noise: all of its test,
/// with the truth that `simulate` writes, of as many sensors and bins as there are responses.
bool has_noise_free(const Recording& recording, const std::vector<int64_t>& trials);

/// What these trials of test stimuli would have been without gain and noise, at their block's level
/// (docs/simulator.md): baseline + T (2 + z) + d. (n, sensor, bin) float32 of these bins.
/// They must be known.
at::Tensor noise_free_responses(const Recording& recording, const std::vector<int64_t>& trials,
                                const std::vector<int64_t>& bins);

}  // namespace afterimage
