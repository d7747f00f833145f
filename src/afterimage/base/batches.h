#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace afterimage {

/// Bytes that a batch takes while it is read, and where the rows of a file lie scattered: each
/// batch then goes through all of it.
inline constexpr int64_t batch_bytes = int64_t{64} << 20;
inline constexpr int64_t scattered_batch_bytes = int64_t{768} << 20;

/// How many rows are read at once when reading one takes so many bytes: what is read and thrown
/// away counts, as does what it is converted to. Never less than one row.
inline int64_t rows_per_batch(int64_t bytes_per_row, int64_t bytes = batch_bytes) {
  return std::max<int64_t>(1, bytes / std::max<int64_t>(1, bytes_per_row));
}

/// The rows 0, 1, ..., count - 1.
inline std::vector<int64_t> all_rows(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
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
