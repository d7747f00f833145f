#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace afterimage {

/// Lloyd's k-means from k-means++ centres (Arthur & Vassilvitskii 2007). rows: (n, d) float.
/// Gives the cluster of each row, 0 .. k-1; k is cut to n. Empty clusters take the row farthest
/// from its centre. Stops when nothing moves or after `rounds`.
std::vector<int64_t> kmeans(const at::Tensor& rows, int64_t k, at::Generator generator,
                            int64_t rounds = 100);

}  // namespace afterimage
