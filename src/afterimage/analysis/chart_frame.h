#pragma once

#include <limits>
#include <string>

#include "afterimage/analysis/result.h"

/// The frame of a chart: ranges, axes, legend and where a value lies. Used by chart.cpp alone.
namespace afterimage::chart_frame {

inline constexpr size_t colours = 8;  ///< before they recur: classes series-0 to series-7

/// One decimal, as SVG wants coordinates.
std::string decimal(double value);

/// Escaped text at a place; `anchor` is "start", "middle" or "end".
std::string text_at(double x, double y, const std::string& what, const char* anchor);

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low, step = 1;

  void include(double value);
  /// Round ends, a step apart from each other.
  void round();
};

/// Places on the drawing, in pixels of its view box.
class Frame {
 public:
  explicit Frame(const Chart& chart);

  double x(double value) const;
  double y(double value) const;
  /// Width of what belongs to one category, and where it begins.
  double slot() const { return plot_width_ / categories(); }
  double slot_start(size_t category) const;

  double width() const { return left_ + plot_width_ + right; }
  double height() const { return top_ + plot_height_ + bottom_; }
  /// Grid, numbers, names of categories, labels, legend; the stimulus' outline.
  std::string svg() const;

 private:
  static constexpr double right = 12;

  double categories() const;
  bool slanted() const;
  void choose_ranges();
  void choose_margins();
  double base() const { return top_ + plot_height_; }
  std::string vertical_axis() const;
  std::string horizontal_axis() const;
  std::string stimulus() const;
  std::string legend(double* height) const;
  std::string labels() const;

  const Chart& chart_;
  Range x_, y_;
  double plot_width_ = 404, plot_height_ = 210;
  double left_ = 64, top_ = 14, bottom_ = 50;
};

}  // namespace afterimage::chart_frame
