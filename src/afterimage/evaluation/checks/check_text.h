#pragma once

#include <string>

#include "afterimage/evaluation/checks/check_data.h"

/// How checks write their numbers.
namespace afterimage {

/// "0.873".
std::string decimals(double value, int digits = 3);
/// "0.873 (0.851 to 0.895)".
std::string estimate_text(const Estimated& estimate);
/// "12 %".
std::string percent(double share);
/// "1 image", "3 images".
std::string counted(int64_t count, const std::string& noun);

/// The rows where `values` (n) is true, as a list.
std::vector<int64_t> rows_where(const at::Tensor& values);
/// The `count` rows of lowest `values` (n), lowest first.
std::vector<int64_t> lowest_rows(const at::Tensor& values, int64_t count);

}  // namespace afterimage
