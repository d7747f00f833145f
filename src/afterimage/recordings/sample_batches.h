#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace afterimage {

/// How many rows of this size are read at once: about 64 MiB, never less than one row.
inline int64_t rows_per_batch(int64_t bytes_per_row) {
  return std::max<int64_t>(1, (int64_t{64} << 20) / std::max<int64_t>(1, bytes_per_row));
}

/// Calls `use(first, part)` for the parts of `rows`, `size` rows at a time.
template <typename Use>
void for_batches(const std::vector<int64_t>& rows, int64_t size, Use use) {
  const auto count = static_cast<int64_t>(rows.size());
  for (int64_t first = 0; first < count; first += size) {
    const int64_t last = std::min(count, first + size);
    use(first, std::vector<int64_t>(rows.begin() + first, rows.begin() + last));
  }
}

}  // namespace afterimage
