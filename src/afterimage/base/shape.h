#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace afterimage {

/// "(90, 3092)". -1 stands for any size: "(trial, 3092)" where `axes` names it, else "(any, 3092)".
std::string shape_text(const std::vector<int64_t>& shape,
                       const std::vector<std::string>& axes = {});

/// Whether a shape is the one expected; -1 there is any size.
bool shape_fits(const std::vector<int64_t>& found, const std::vector<int64_t>& expected);

}  // namespace afterimage
