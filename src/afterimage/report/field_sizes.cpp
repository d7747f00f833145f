#include "afterimage/report/field_sizes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "afterimage/analysis/chart.h"
#include "afterimage/base/text.h"
#include "afterimage/report/html.h"

namespace afterimage {
namespace {

struct Point {
  double distance, size;
};

constexpr double width = 720, height = 300, left = 48, right = 12, top = 12, bottom = 44;

/// Places points of the data, from zero to the largest, on the drawing.
struct Axes {
  double distance_step, size_step, most_distance, most_size;

  explicit Axes(const std::vector<std::vector<Point>>& rois) {
    double distance = 1e-6, size = 1e-6;
    for (const auto& points : rois) {
      for (const auto& point : points) {
        distance = std::max(distance, point.distance);
        size = std::max(size, point.size);
      }
    }
    distance_step = round_step(distance);
    size_step = round_step(size);
    most_distance = std::ceil(distance / distance_step) * distance_step;
    most_size = std::ceil(size / size_step) * size_step;
  }

  std::string x(double distance) const {
    return decimal(left + distance / most_distance * (width - left - right));
  }
  std::string y(double size) const {
    return decimal(height - bottom - size / most_size * (height - top - bottom));
  }
  static std::string decimal(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
  }
};

std::vector<std::vector<Point>> points_by_roi(const RecordingInfo& info, double scale) {
  const Sensors& sensors = info.sensors;
  std::vector<std::vector<Point>> rois;
  for (const auto& roi : sensors.rois()) {
    auto& points = rois.emplace_back();
    for (int64_t i = 0; i < sensors.count(); ++i) {
      const auto s = static_cast<size_t>(i);
      if (sensors.roi[s] != roi || !sensors.mapped(i) || !(sensors.size[s] > 0)) continue;
      points.push_back(
          {info.eccentricity(sensors.x[s], sensors.y[s]) * scale, sensors.size[s] * scale});
    }
    std::sort(points.begin(), points.end(),
              [](const Point& a, const Point& b) { return a.distance < b.distance; });
  }
  return rois;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The medians of equally filled bins as a line; too few points make none.
std::string median_line(const std::vector<Point>& points, const Axes& axes) {
  constexpr size_t bins = 5, fewest = 4 * bins;
  if (points.size() < fewest) return {};
  std::string path;
  for (size_t bin = 0; bin < bins; ++bin) {
    std::vector<double> distances, sizes;
    for (size_t i = bin * points.size() / bins; i < (bin + 1) * points.size() / bins; ++i) {
      distances.push_back(points[i].distance);
      sizes.push_back(points[i].size);
    }
    path += concat(path.empty() ? "M" : "L", axes.x(median(distances)), " ", axes.y(median(sizes)));
  }
  return concat("<path class=\"median\" d=\"", path, "\"/>");
}

std::string tick_lines(const Axes& axes) {
  std::string svg;
  const double bottom_edge = height - bottom;
  for (int i = 0; i * axes.distance_step <= axes.most_distance * 1.001; ++i) {
    const std::string x = axes.x(i * axes.distance_step);
    svg +=
        concat("<path class=\"tick\" d=\"M", x, " ", bottom_edge, "v5\"/><text x=\"", x, "\" y=\"",
               bottom_edge + 18, "\" text-anchor=\"middle\">", i * axes.distance_step, "</text>");
  }
  for (int i = 0; i * axes.size_step <= axes.most_size * 1.001; ++i) {
    const std::string y = axes.y(i * axes.size_step);
    svg += concat("<path class=\"grid\" d=\"M", left, " ", y, "H", width - right, "\"/><text x=\"",
                  left - 8, "\" y=\"", y, "\" dy=\".32em\" text-anchor=\"end\">",
                  i * axes.size_step, "</text>");
  }
  return svg;
}

std::string roi_group(const std::vector<Point>& points, size_t roi, const Axes& axes) {
  std::string svg = concat("<g class=\"series-", roi % series_colours, "\">");
  for (const auto& point : points) {
    svg += concat("<circle r=\"2\" cx=\"", axes.x(point.distance), "\" cy=\"", axes.y(point.size),
                  "\"/>");
  }
  return svg + median_line(points, axes) + "</g>";
}

}  // namespace

std::string field_size_figure(const RecordingInfo& info) {
  const bool degrees = info.degrees_per_stimulus > 0;
  const auto rois = points_by_roi(info, degrees ? info.degrees_per_stimulus : 1);
  if (std::all_of(rois.begin(), rois.end(), [](const auto& points) { return points.empty(); })) {
    return {};
  }
  const std::string unit = degrees ? "degrees" : "stimulus widths";
  const std::string origin = info.eccentricity_from();
  const Axes axes(rois);
  std::string svg =
      concat("<svg viewBox=\"0 0 ", width, " ", height,
             "\" role=\"img\" aria-label=\"Receptive field size against distance from ", origin,
             ", in ", unit, "\">", tick_lines(axes));
  std::string legend;
  const auto names = info.sensors.rois();
  for (size_t r = 0; r < rois.size(); ++r) {
    if (rois[r].empty()) continue;
    svg += roi_group(rois[r], r, axes);
    legend +=
        concat("<li class=\"series-", r % series_colours, "\">", html_escape(names[r]), "</li>");
  }
  svg += concat("<text class=\"axis\" x=\"", (left + width - right) / 2, "\" y=\"", height - 6,
                "\" text-anchor=\"middle\">Distance from ", origin, " (", unit, ")</text></svg>");
  return concat(
      "<figure class=\"field-sizes\"><figcaption><b>Size against distance</b> Field size "
      "(standard deviation, ",
      unit,
      ") of each sensor; lines are medians of five equally "
      "filled bins.<ul class=\"legend\">",
      legend, "</ul></figcaption>", svg, "</figure>");
}

}  // namespace afterimage
