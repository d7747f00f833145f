#pragma once

#include <string>
#include <vector>

#include "afterimage/analysis/result.h"

namespace afterimage {

/// A grid of images as an HTML table with its title.
std::string grid_figure(const ImageGrid& grid);

/// The part of the page that shows analyses: for each its lead, the places of its maps (drawn by
/// points.js), grids of images (embedded PNG), charts (SVG) and tables, folded. Empty without
/// analyses.
std::string analysis_sections(const std::vector<AnalysisResult>& analyses);

}  // namespace afterimage
