#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>

namespace afterimage {

/// Assigns samples to `folds` cross-validation folds, 0-based, of nearly equal size. Samples of one
/// group (crops of the same photograph, repeats of one picture) always share a fold, so that no
/// fold is scored on what its model has seen. Groups are dealt in an order drawn from `generator`.
///
/// Fewer groups than folds give one fold per group. Where all samples are of one group (the frames
/// of one video) the folds are contiguous runs of samples.
std::vector<int64_t> grouped_folds(const std::vector<std::string>& group, int64_t folds,
                                   at::Generator generator);

}  // namespace afterimage
