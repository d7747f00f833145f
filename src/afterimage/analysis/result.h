#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "afterimage/analysis/result_table.h"

namespace afterimage {

/// A number with its interval; NaN: none.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

/// One line, row of bars or cloud of points of a chart.
struct Series {
  std::string name;
  std::vector<double> x;  ///< empty for bars: the chart's categories
  std::vector<double> y;  ///< NaN: nothing to draw
  /// Ends of the interval of each y, drawn as error bars; empty or NaN: none.
  std::vector<double> low = {}, high = {};

  /// The next bar, with its error bar.
  void add(const Estimate& estimate);
};

/// A figure of numbers, drawn by chart_svg.
struct Chart {
  enum class Kind { bars, stacked, lines, points };
  std::string name, title;
  Kind kind = Kind::bars;
  std::string x_label, y_label;
  std::vector<std::string> categories;  ///< of bars
  std::vector<Series> series;
  /// x and y are stimulus coordinates: both of one scale, y running down, with the stimulus'
  /// outline.
  bool over_stimulus = false;
};

/// Images in rows and columns, all of one size: saved as one PNG.
struct ImageGrid {
  std::string name, title;
  std::vector<std::string> columns, rows;
  at::Tensor images;  ///< (rows * columns, 3, H, W) float in [0,1], row by row
};

/// Numbers in full, for further work: saved as a .npy file that NumPy reads as it is.
struct NamedArray {
  std::string name, title;
  std::vector<std::string> axes;  ///< "stimulus", "array", "y", "x": a word for each index
  at::Tensor values;              ///< undefined after loading: the page does not need them
  /// What the rows of an axis are, in order, for those that have names.
  std::map<std::string, std::vector<std::string>> names;
};

/// Values of voxels in the brain: saved as a NIfTI file, a volume for each name.
struct NamedVolumes {
  std::string name, title;
  std::vector<std::string> names;
  at::Tensor values;           ///< (name, x, y, z) float32; undefined after loading
  std::filesystem::path like;  ///< the file whose space they are in
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

/// What an analysis found. As a folder: analysis.json (everything but pixels and arrays), a CSV for
/// each table, an SVG for each chart and each colouring of a map, a PNG for each grid and one for
/// the images of the maps, a .npy for each array, all arrays as arrays.h5, a .nii.gz for volumes,
/// and a PNG for each of the small multiples.
struct AnalysisResult {
  std::string name;   ///< "occlusion"
  std::string title;  ///< "Occlusion in space and time: monkeysee-spatial"
  std::string lead;   ///< what was done, one or two sentences
  std::vector<Table> tables;
  std::vector<Chart> charts;
  std::vector<ImageGrid> grids;
  std::vector<PointMap> maps;
  PointImages point_images;  ///< of all maps
  std::vector<NamedArray> arrays = {};
  std::vector<NamedVolumes> volumes = {};
  /// Small multiples: more images than a report should carry, for a page of their own. Not loaded.
  std::vector<ImageGrid> multiples = {};
  nlohmann::json provenance;

  /// `further`: texts by file name that go into the same folder, such as that page.
  void save(const std::filesystem::path& folder, bool force,
            const std::map<std::string, std::string>& further = {}) const;
  /// Errors: no such folder, not an analysis, a newer version, missing or broken parts.
  static AnalysisResult load(const std::filesystem::path& folder);
};

}  // namespace afterimage
