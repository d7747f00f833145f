#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace afterimage {

/// A table: saved as CSV and shown on the page.
struct Table {
  std::string name;   ///< of its file
  std::string title;  ///< what it shows, one sentence
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// One line, row of bars or cloud of points of a chart.
struct Series {
  std::string name;
  std::vector<double> x;  ///< empty for bars: the chart's categories
  std::vector<double> y;  ///< NaN: nothing to draw
};

/// A figure of numbers, drawn by chart_svg.
struct Chart {
  enum class Kind { bars, stacked, lines, points };
  std::string name, title;
  Kind kind = Kind::bars;
  std::string x_label, y_label;
  std::vector<std::string> categories;  ///< of bars
  std::vector<Series> series;
};

/// Images in rows and columns, all of one size: saved as one PNG.
struct ImageGrid {
  std::string name, title;
  std::vector<std::string> columns, rows;
  at::Tensor images;  ///< (rows * columns, 3, H, W) float in [0,1], row by row
};

/// What an analysis found. As a folder: analysis.json (everything but pixels), a CSV for each
/// table, an SVG for each chart and a PNG for each grid.
struct AnalysisResult {
  std::string name;   ///< "occlusion"
  std::string title;  ///< "Occlusion in space and time: monkeysee-spatial"
  std::string lead;   ///< what was done, one or two sentences
  std::vector<Table> tables;
  std::vector<Chart> charts;
  std::vector<ImageGrid> grids;
  nlohmann::json provenance;

  void save(const std::filesystem::path& folder, bool force) const;
  /// Errors: no such folder, not an analysis, a newer version, missing or broken parts.
  static AnalysisResult load(const std::filesystem::path& folder);
};

/// "0.123", or "" for NaN: a cell of a table.
std::string cell(double value);

}  // namespace afterimage
