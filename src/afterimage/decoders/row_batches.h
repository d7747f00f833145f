#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace afterimage {

/// The rows in batches of at most `size`, in order.
inline std::vector<std::vector<int64_t>> row_batches(const std::vector<int64_t>& rows,
                                                     int64_t size = 512) {
  std::vector<std::vector<int64_t>> batches;
  for (auto first = rows.begin(); first != rows.end();) {
    const auto last = first + std::min<std::ptrdiff_t>(size, rows.end() - first);
    batches.emplace_back(first, last);
    first = last;
  }
  return batches;
}

/// The rows 0, 1, ..., count - 1 in batches.
inline std::vector<std::vector<int64_t>> row_batches(int64_t count, int64_t size = 512) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return row_batches(rows, size);
}

}  // namespace afterimage
