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

/// One way to tell points of a map apart.
struct Colouring {
  std::string name;                 ///< "array", "cluster"
  std::vector<std::string> labels;  ///< of its groups
  std::vector<int64_t> group;       ///< of each point; -1: of none (noise)
};

/// A map whose points each belong to an image: the page shows the image a reader points at.
struct PointMap {
  std::string name, title;
  std::vector<double> x, y;
  std::vector<int64_t> image;  ///< of each point: place among PointImages::names
  std::vector<Colouring> colourings;
};

/// The images of an analysis' maps, made small; where there are many, some of them.
struct PointImages {
  std::vector<std::string> names;  ///< of all
  std::vector<int64_t> kept;       ///< places of those in `images`, ascending
  at::Tensor images;               ///< (kept, 3, H, W) float in [0,1]

  /// All images, reduced to `side` pixels, or of more than `most` every so many-th.
  static PointImages of(const std::vector<std::string>& names, const at::Tensor& images,
                        int64_t most, int64_t side);
};

/// What an analysis found. As a folder: analysis.json (everything but pixels), a CSV for each
/// table, an SVG for each chart and each colouring of a map, a PNG for each grid and one for the
/// images of the maps.
struct AnalysisResult {
  std::string name;   ///< "occlusion"
  std::string title;  ///< "Occlusion in space and time: monkeysee-spatial"
  std::string lead;   ///< what was done, one or two sentences
  std::vector<Table> tables;
  std::vector<Chart> charts;
  std::vector<ImageGrid> grids;
  std::vector<PointMap> maps;
  PointImages point_images;  ///< of all maps
  nlohmann::json provenance;

  void save(const std::filesystem::path& folder, bool force) const;
  /// Errors: no such folder, not an analysis, a newer version, missing or broken parts.
  static AnalysisResult load(const std::filesystem::path& folder);
};

/// "0.123", or "" for NaN: a cell of a table.
std::string cell(double value);

}  // namespace afterimage
