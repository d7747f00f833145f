#pragma once

#include <cstdint>
#include <vector>

namespace afterimage {

/// values[rows[0]], values[rows[1]], ...
inline std::vector<int64_t> picked(const std::vector<int64_t>& values,
                                   const std::vector<int64_t>& rows) {
  std::vector<int64_t> out;
  out.reserve(rows.size());
  for (const int64_t row : rows) out.push_back(values.at(static_cast<size_t>(row)));
  return out;
}

}  // namespace afterimage
