#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/analysis/result.h"

namespace afterimage {

/// Points of one map that a page draws, at most; above it, points without an image go first.
constexpr size_t most_page_points = 60000;

/// The places on the page where points.js draws the maps of the analysis with this number; empty
/// without maps.
std::string point_map_figures(const AnalysisResult& analysis, size_t number);

/// What it draws, for each analysis null or {"names": of all images, "cells": the sprite of each,
/// -1 where the page has none, "sprites", "maps": [{"title", "x", "y", "image", "colourings":
/// [{"name", "labels", "group"}], "left_out"}]}. x and y are whole numbers from 0 on in the same
/// unit, y down; the longer side is 9999.
nlohmann::json point_map_data(const std::vector<AnalysisResult>& analyses);

}  // namespace afterimage
