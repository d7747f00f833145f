#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>

#include "afterimage/decoders/reconstruction.h"

namespace afterimage {

/// The reconstructions of several folds as one, in the order of the recording's stimuli. With
/// `shuffled` it has that control too: at each row, what the decoders made of another stimulus
/// (rows_of_others).
/// `same_as` gives for each row of the recording's stimuli the first one of equal pixels.
Reconstruction pooled_folds(const std::vector<Reconstruction>& folds,
                            const std::vector<int64_t>& same_as, bool shuffled,
                            at::Generator generator);

}  // namespace afterimage
