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

/// "train-1", "train-2", ...
std::vector<std::string> names_from_1(const std::string& word, int64_t count);

/// Adds new stimuli of these names, their sources the same, each shown in one trial, in this order.
void add_shown_once(RecordingInfo& info, const std::string& split, int64_t block,
                    const std::vector<std::string>& names);

/// "found (3, 4), expected (stimulus, 425, 425, 3): WHAT" as an Error unless the shape fits; -1 is
/// any size, called by the name of its axis.
void require_shape(const std::vector<int64_t>& found, const std::vector<int64_t>& expected,
                   const std::string& where, const std::string& what,
                   const std::vector<std::string>& axes = {});

/// Numbers of a tensor of any shape, in C order.
std::vector<int64_t> integers_of(const at::Tensor& values);
std::vector<double> doubles_of(const at::Tensor& values);

}  // namespace afterimage
