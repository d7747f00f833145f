#pragma once

#include <string>

#include "afterimage/analysis/result.h"

namespace afterimage {

/// The small multiples of an analysis on a page of their own: a grid of images for each.
/// Self-contained, as the report is (page.h).
std::string multiples_page(const AnalysisResult& analysis);

}  // namespace afterimage
