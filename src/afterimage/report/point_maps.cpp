#include "afterimage/report/point_maps.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "afterimage/base/text.h"
#include "afterimage/report/sprites.h"

namespace afterimage {
namespace {

using nlohmann::json;

/// The points to draw: those whose image is on the page, and of the others' images every so
/// many-th, with all its points.
std::vector<size_t> drawn_points(const PointMap& map, const std::vector<int64_t>& cells) {
  const auto has_image = [&](size_t i) { return cells[static_cast<size_t>(map.image[i])] >= 0; };
  const size_t points = map.image.size();
  int64_t every = 1;
  if (points > most_page_points) {
    size_t with = 0;
    for (size_t i = 0; i < points; ++i) with += has_image(i);
    const size_t room = std::max<size_t>(1, most_page_points - std::min(with, most_page_points));
    every = std::max<int64_t>(1, static_cast<int64_t>((points - with + room - 1) / room));
  }
  std::vector<size_t> drawn;
  for (size_t i = 0; i < points; ++i) {
    if (has_image(i) || map.image[i] % every == 0) drawn.push_back(i);
  }
  return drawn;
}

template <typename T>
json picked(const std::vector<T>& values, const std::vector<size_t>& points) {
  json list = json::array();
  for (const size_t i : points) list.push_back(values[i]);
  return list;
}

/// Coordinates of the points as whole numbers: steps of 1 / scale from the origin.
json whole(const std::vector<double>& values, const std::vector<size_t>& points, double origin,
           double scale) {
  json list = json::array();
  for (const size_t i : points) list.push_back(std::lround((values[i] - origin) * scale));
  return list;
}

json map_data(const PointMap& map, const std::vector<int64_t>& cells) {
  const auto points = drawn_points(map, cells);
  const auto [left, right] = std::minmax_element(map.x.begin(), map.x.end());
  const auto [low, high] = std::minmax_element(map.y.begin(), map.y.end());
  const double scale = 9999 / std::max({*right - *left, *high - *low, 1e-9});
  json colourings = json::array();
  for (const auto& one : map.colourings) {
    colourings.push_back(
        {{"name", one.name}, {"labels", one.labels}, {"group", picked(one.group, points)}});
  }
  return {{"title", map.title},
          {"x", whole(map.x, points, *left, scale)},
          {"y", whole(map.y, points, *high, -scale)},  // down
          {"image", picked(map.image, points)},
          {"colourings", std::move(colourings)},
          {"left_out", map.x.size() - points.size()}};
}

json analysis_data(const AnalysisResult& analysis) {
  if (analysis.maps.empty()) return nullptr;
  const auto& images = analysis.point_images;
  SpriteSheets sprites(images.images.size(2), images.images.size(3));
  const auto places = sprites.add(images.images);
  std::vector<int64_t> cells(images.names.size(), -1);
  for (size_t i = 0; i < places.size(); ++i) {
    cells[static_cast<size_t>(images.kept[i])] = places[i];
  }
  json maps = json::array();
  for (const auto& map : analysis.maps) maps.push_back(map_data(map, cells));
  return {{"names", images.names},
          {"cells", cells},
          {"sprites", sprites.to_json()},
          {"maps", std::move(maps)}};
}

}  // namespace

std::string point_map_figures(const AnalysisResult& analysis, size_t number) {
  if (analysis.maps.empty()) return {};
  std::string html = "<div class=\"point-maps\">";
  for (size_t i = 0; i < analysis.maps.size(); ++i) {
    html += concat("<figure class=\"point-map\" data-analysis=\"", number, "\" data-map=\"", i,
                   "\"><figcaption><b>", html_escape(analysis.maps[i].title),
                   "</b></figcaption></figure>");
  }
  return html + "</div>";
}

json point_map_data(const std::vector<AnalysisResult>& analyses) {
  json list = json::array();
  for (const auto& analysis : analyses) list.push_back(analysis_data(analysis));
  return list;
}

}  // namespace afterimage
