#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>

namespace afterimage {

/// Rows 0..n-1 in an order that leaves no row in its place (n > 1): a random cyclic shift of a
/// random order.
std::vector<int64_t> derangement(int64_t n, at::Generator generator);

/// For each row another one that shows another stimulus. Stimuli, told by their numbers, are
/// exchanged by a derangement, the k-th row of one with the k-th of the other; with one row per
/// stimulus it is the derangement of the rows. With `fold`, one number per row, the other row is of
/// the same fold where that has two stimuli, else of another. Empty where there is one stimulus
/// only.
std::vector<int64_t> rows_of_others(const std::vector<int64_t>& stimulus, at::Generator generator,
                                    std::vector<int64_t> fold = {});

}  // namespace afterimage
