#include "afterimage/report/field_map.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "afterimage/base/text.h"
#include "afterimage/report/field_sizes.h"
#include "afterimage/report/html.h"

namespace afterimage {
namespace {

/// What all maps show of the stimulus plane, a square in stimulus coordinates.
struct View {
  double low = 0, high = 1;

  bool contains(double x, double y) const { return x >= low && x <= high && y >= low && y <= high; }
};

constexpr double unit = 200;          // SVG units per stimulus width
constexpr double farthest = 0.5;      // how far outside the stimulus a map looks at most
constexpr size_t most_titles = 2000;  // beyond it, a name per circle would double the page

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::vector<int64_t> mapped_sensors(const Sensors& sensors, const std::string& roi) {
  std::vector<int64_t> mapped;
  for (int64_t i = 0; i < sensors.count(); ++i) {
    if (sensors.roi[static_cast<size_t>(i)] == roi && sensors.mapped(i)) mapped.push_back(i);
  }
  return mapped;
}

View common_view(const Sensors& sensors) {
  View view;
  for (int64_t i = 0; i < sensors.count(); ++i) {
    if (!sensors.mapped(i)) continue;
    const auto s = static_cast<size_t>(i);
    const double size = std::isfinite(sensors.size[s]) ? sensors.size[s] : 0;
    view.low = std::min({view.low, sensors.x[s] - size, sensors.y[s] - size});
    view.high = std::max({view.high, sensors.x[s] + size, sensors.y[s] + size});
  }
  constexpr double margin = 0.04;
  view.low = std::max(view.low, -farthest) - margin;
  view.high = std::min(view.high, 1 + farthest) + margin;
  return view;
}

std::string circle(const Sensors& sensors, size_t i, bool title) {
  const bool sized = std::isfinite(sensors.size[i]) && sensors.size[i] > 0;
  std::string text = concat("<circle cx=\"", decimal(sensors.x[i] * unit), "\" cy=\"",
                            decimal(sensors.y[i] * unit), "\" r=\"",
                            sized ? decimal(sensors.size[i] * unit) : "2", "\"");
  if (!sized) text += " class=\"unsized\"";
  if (!title) return text + "/>";
  return concat(text, "><title>", html_escape(sensors.name[i]), "</title></circle>");
}

/// Overlapping fields are drawn so faint that their sum still shows where the array looks.
std::string circle_group(const Sensors& sensors, const std::vector<int64_t>& mapped) {
  double covered = 0;  // stimulus areas
  for (const int64_t i : mapped) {
    const double size = sensors.size[static_cast<size_t>(i)];
    if (std::isfinite(size)) covered += M_PI * size * size;
  }
  const double fill = std::clamp(0.4 / (covered + 0.1), 0.015, 0.2);
  const double stroke = std::clamp(9 / std::sqrt(static_cast<double>(mapped.size()) + 1), .15, .8);
  return concat("<g fill-opacity=\"", fill, "\" stroke-opacity=\"", stroke, "\">");
}

/// A cross over the stimulus, at fixation; through its middle where fixation is unknown or off it.
std::string cross(const RecordingInfo& info) {
  const auto on = [](double at) { return at >= 0 && at <= 1; };
  const bool shown = on(info.fixation_x) && on(info.fixation_y);
  const double x = shown ? info.fixation_x : 0.5, y = shown ? info.fixation_y : 0.5;
  return concat("<path class=\"axes\" d=\"M", decimal(x * unit), " 0V", unit, "M0 ",
                decimal(y * unit), "H", unit, "\"/>");
}

std::string map_svg(const RecordingInfo& info, const std::vector<int64_t>& mapped, const View& view,
                    const std::string& label, bool titles) {
  const Sensors& sensors = info.sensors;
  const std::string low = decimal(view.low * unit), side = decimal((view.high - view.low) * unit);
  std::string svg = concat("<svg viewBox=\"", low, " ", low, " ", side, " ", side,
                           "\" role=\"img\" aria-label=\"", html_escape(label), "\">",
                           "<rect class=\"stimulus\" width=\"", unit, "\" height=\"", unit, "\"/>",
                           cross(info), circle_group(sensors, mapped));
  for (const int64_t i : mapped) svg += circle(sensors, static_cast<size_t>(i), titles);
  return svg + "</g></svg>";
}

std::string count_text(const Sensors& sensors, const std::vector<int64_t>& mapped, int64_t all,
                       const View& view) {
  const auto beyond = std::count_if(mapped.begin(), mapped.end(), [&](int64_t i) {
    const auto s = static_cast<size_t>(i);
    return !view.contains(sensors.x[s], sensors.y[s]);
  });
  std::string text = concat(mapped.size(), " mapped");
  const int64_t unmapped = all - static_cast<int64_t>(mapped.size());
  if (unmapped > 0) text += concat(", ", unmapped, " unmapped");
  if (beyond > 0) text += concat(", ", beyond, " beyond the view");
  return text;
}

}  // namespace

std::string field_figures(const RecordingInfo& info) {
  const Sensors& sensors = info.sensors;
  const View view = common_view(sensors);
  std::string figures;
  size_t any = 0;
  const auto rois = sensors.rois();
  for (size_t r = 0; r < rois.size(); ++r) {
    const auto mapped = mapped_sensors(sensors, rois[r]);
    any += mapped.size();
    const auto all = std::count(sensors.roi.begin(), sensors.roi.end(), rois[r]);
    const std::string name = rois[r].empty() ? "no ROI" : rois[r];
    const std::string counts = count_text(sensors, mapped, all, view);
    figures +=
        concat("<figure class=\"series-", r % series_colours, "\">",
               map_svg(info, mapped, view, concat("Receptive fields of ", name, ": ", counts),
                       sensors.name.size() <= most_titles),
               "<figcaption><b>", html_escape(name), "</b> ", counts, "</figcaption></figure>");
  }
  if (any == 0) return {};
  return concat("<div class=\"field-maps\">", figures, "</div>", field_size_figure(info));
}

}  // namespace afterimage
