#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// "1: -100 to 0, 2: 0 to 40 ms"; many bins are summed up by the first, the last and their number.
std::string bins_text(const std::vector<Bin>& bins);

/// Rows of the bins after stimulus onset: all but those that end at or before 0 ms.
std::vector<int64_t> bins_after_onset(const std::vector<Bin>& bins);
/// Rows of the bins that end at or before 0 ms.
std::vector<int64_t> bins_before_onset(const std::vector<Bin>& bins);

/// Rows of the bins that `wanted` names, each once, in the recording's order:
///     (nothing)   those after stimulus onset
///     all         every bin
///     2           the second
///     0-80        those that lie within these milliseconds from onset
/// Errors name `where` and list the bins there are: no such bin, or none in a window.
std::vector<int64_t> choose_bins(const std::vector<Bin>& bins,
                                 const std::vector<std::string>& wanted, const std::string& where);

/// The row of each wanted bin among those recorded, by its times. Errors name `where`, the first
/// bin that is missing, and the bins there are.
std::vector<int64_t> find_bins(const std::vector<Bin>& recorded, const std::vector<Bin>& wanted,
                               const std::string& where);

/// The bins of these rows.
std::vector<Bin> select_bins(const std::vector<Bin>& bins, const std::vector<int64_t>& rows);
/// (n, sensor, bin) of these rows of bins; no rows: all of them.
at::Tensor select_bins(const at::Tensor& responses, const std::vector<int64_t>& rows);

}  // namespace afterimage
