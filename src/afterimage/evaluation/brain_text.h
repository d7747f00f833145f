#pragma once

#include <string>
#include <vector>

#include "afterimage/evaluation/scores.h"

namespace afterimage {

/// What brain correlations say beside their numbers, a line each: at best, by area, and which sets
/// of images are above the true ones. None where there are no such scores.
std::vector<std::string> brain_lines(const Scores& scores);

}  // namespace afterimage
