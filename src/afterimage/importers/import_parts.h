#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/importers/importer.h"
#include "afterimage/recordings/recording.h"

/// What importers share.
namespace afterimage {

/// Sensors of which nothing is known: "voxel-1", "voxel-2", ...
Sensors plain_sensors(int64_t count, const std::string& prefix);

/// Rows counted from `from` to rows counted from 0. Errors: rows that are not there; where all fit
/// when counted from the other end of the fence (0 or 1), the message says so.
std::vector<int64_t> rows_from(const std::vector<int64_t>& numbers, int64_t from, int64_t count,
                               const std::string& where, const std::string& things);

/// "(90, 3092)".
std::string shape_text(const std::vector<int64_t>& shape);

/// "found (3, 4), expected (N, 425, 425, 3)" as an Error unless the shape fits; -1 is any size.
void require_shape(const std::vector<int64_t>& found, const std::vector<int64_t>& expected,
                   const std::string& where, const std::string& what);

/// Numbers of a tensor of any shape, in C order.
std::vector<int64_t> integers_of(const at::Tensor& values);
std::vector<double> doubles_of(const at::Tensor& values);

}  // namespace afterimage
