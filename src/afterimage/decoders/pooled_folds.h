#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>

#include "afterimage/decoders/reconstruction.h"

namespace afterimage {

/// The reconstructions of several folds as one, in the order of the recording's stimuli. With
/// `shuffled` it has that control too: at each row, what the decoders made of another stimulus
/// (rows_of_other_stimuli).
/// `same_as` gives for each row of the recording's stimuli the first one of equal pixels.
Reconstruction pooled_folds(const std::vector<Reconstruction>& folds,
                            const std::vector<int64_t>& same_as, bool shuffled,
                            at::Generator generator);

/// For each row, in fold `fold[i]` and showing `stimulus[i]`, a row that shows another stimulus: of
/// the same fold where that has two stimuli, else of another fold. Drawn from `generator`.
std::vector<int64_t> rows_of_other_stimuli(const std::vector<int64_t>& stimulus,
                                           const std::vector<int64_t>& fold,
                                           at::Generator generator);

}  // namespace afterimage
