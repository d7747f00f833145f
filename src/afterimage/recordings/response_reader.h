#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Responses of any rows (trials, samples), read when asked for, and what it takes to read one:
/// whoever reads many goes by it (rows_per_batch), for what comes out may be a small part of what
/// is read.
struct ResponseReader {
  std::function<at::Tensor(const std::vector<int64_t>& rows)> read;  ///< (n, sensor, bin) float32
  int64_t bytes_per_row = 0;  ///< memory in use while a row is read, the result included

  at::Tensor operator()(const std::vector<int64_t>& rows) const { return read(rows); }
};

}  // namespace afterimage
