#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace afterimage {

/// In which order areas ("V1", "V4d") and arrays ("V1 array 3") are shown, as rows of `names`:
/// known areas along the ventral, then the dorsal stream (Felleman & Van Essen 1991), others after
/// them in order of first appearance; within an area by number (array 2 before array 10).
std::vector<size_t> shown_order(const std::vector<std::string>& names);

/// The names in that order.
std::vector<std::string> in_shown_order(const std::vector<std::string>& names);

}  // namespace afterimage
