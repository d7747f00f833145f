#pragma once

#include <string>

#include "afterimage/analysis/result.h"

namespace afterimage {

/// The chart as an SVG element. `standalone` gives a whole file with its own colours; else the
/// page's style draws it (classes series-0, series-1, ...).
std::string chart_svg(const Chart& chart, bool standalone);

/// A round step (1, 2 or 5 times a power of ten) that cuts `range` into about five parts.
double round_step(double range);

}  // namespace afterimage
