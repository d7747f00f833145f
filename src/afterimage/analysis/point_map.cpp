#include "afterimage/analysis/point_map.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/json_number.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t gap = 2;             // pixels between the images of a sheet
constexpr int64_t sheet_columns = 32;  // of the maps' images
constexpr const char* file_name = "point-images.png";

int64_t rows_of(int64_t count, int64_t columns) { return (count + columns - 1) / columns; }

json to_json(const PointMap& map) {
  json colourings = json::array();
  for (const auto& one : map.colourings) {
    colourings.push_back({{"name", one.name}, {"labels", one.labels}, {"group", one.group}});
  }
  return {{"name", map.name},         {"title", map.title}, {"x", json_numbers(map.x)},
          {"y", json_numbers(map.y)}, {"image", map.image}, {"colourings", colourings}};
}

[[noreturn]] void refuse(const fs::path& file) {
  throw Error(file, "its parts do not fit together", "Run the analysis again");
}

/// Every place lies in [low, high).
bool within(const std::vector<int64_t>& places, int64_t low, size_t high) {
  return std::all_of(places.begin(), places.end(), [=](int64_t place) {
    return place >= low && place < static_cast<int64_t>(high);
  });
}

bool fits(const PointMap& map, size_t images) {
  const size_t points = map.x.size();
  return map.y.size() == points && map.image.size() == points && within(map.image, 0, images) &&
         std::all_of(map.colourings.begin(), map.colourings.end(), [&](const Colouring& one) {
           return one.group.size() == points && within(one.group, -1, one.labels.size());
         });
}

PointMap map_from(const json& saved) {
  PointMap map{saved.at("name"),
               saved.at("title"),
               saved.at("x").get<std::vector<double>>(),
               saved.at("y").get<std::vector<double>>(),
               saved.at("image").get<std::vector<int64_t>>(),
               {}};
  for (const auto& one : saved.at("colourings")) {
    map.colourings.push_back({one.at("name"), one.at("labels").get<std::vector<std::string>>(),
                              one.at("group").get<std::vector<int64_t>>()});
  }
  return map;
}

}  // namespace

PointImages PointImages::of(const std::vector<std::string>& names, const at::Tensor& images,
                            int64_t most, int64_t side) {
  PointImages out{names, {}, {}};
  const auto count = static_cast<int64_t>(names.size());
  for (int64_t i = 0; i < count; i += rows_of(count, most)) out.kept.push_back(i);
  out.images = images.index_select(0, at::tensor(out.kept, at::kLong));
  const int64_t height = out.images.size(2), width = out.images.size(3);
  const double scale = static_cast<double>(side) / static_cast<double>(std::max(height, width));
  if (scale < 1) {
    const auto reduced = [scale](int64_t length) {
      return std::max<int64_t>(1, std::lround(static_cast<double>(length) * scale));
    };
    out.images = resize_image(out.images, reduced(height), reduced(width));
  }
  return out;
}

Chart chart_of(const PointMap& map, const Colouring& colouring) {
  Chart chart{concat(map.name, "-by-", colouring.name),
              concat(map.title, ", a colour per ", colouring.name),
              Chart::Kind::points,
              "",
              "",
              {},
              {}};
  for (const auto& label : colouring.labels) chart.series.push_back({label, {}, {}});
  Series none{"none", {}, {}};
  for (size_t i = 0; i < map.x.size(); ++i) {
    const int64_t group = colouring.group[i];
    auto& series = group < 0 ? none : chart.series[static_cast<size_t>(group)];
    series.x.push_back(map.x[i]);
    series.y.push_back(map.y[i]);
  }
  if (!none.x.empty()) chart.series.push_back(none);
  return chart;
}

at::Tensor sheet_of(const at::Tensor& images, int64_t columns) {
  const int64_t height = images.size(2), width = images.size(3);
  const int64_t rows = rows_of(images.size(0), columns);
  auto out = at::ones({3, rows * (height + gap) - gap, columns * (width + gap) - gap});
  for (int64_t i = 0; i < images.size(0); ++i) {
    const int64_t y = i / columns * (height + gap), x = i % columns * (width + gap);
    out.slice(1, y, y + height).slice(2, x, x + width).copy_(images[i]);
  }
  return out.clamp(0, 1).mul(255).round().to(at::kByte);
}

at::Tensor images_of(const fs::path& file, int64_t columns, int64_t count) {
  const auto sheet = read_image(file).to(at::kFloat).div(255);
  const int64_t rows = rows_of(count, columns);
  const int64_t height = (sheet.size(1) + gap) / rows - gap;
  const int64_t width = (sheet.size(2) + gap) / columns - gap;
  if (height < 1 || width < 1) refuse(file);
  std::vector<at::Tensor> images;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t y = i / columns * (height + gap), x = i % columns * (width + gap);
    images.push_back(sheet.slice(1, y, y + height).slice(2, x, x + width));
  }
  return at::stack(images);
}

json save_maps(const AnalysisResult& result, const fs::path& folder) {
  const auto& images = result.point_images;
  json maps = json::array();
  for (const auto& map : result.maps) maps.push_back(to_json(map));
  write_png(folder / file_name, sheet_of(images.images, sheet_columns));
  return {{"maps", maps}, {"images", {{"names", images.names}, {"kept", images.kept}}}};
}

void load_maps(const json& saved, const fs::path& folder, AnalysisResult& result) {
  const fs::path file = folder / "analysis.json";
  auto& images = result.point_images;
  images.names = saved.at("images").at("names").get<std::vector<std::string>>();
  images.kept = saved.at("images").at("kept").get<std::vector<int64_t>>();
  if (images.kept.empty() || !within(images.kept, 0, images.names.size())) refuse(file);
  images.images =
      images_of(folder / file_name, sheet_columns, static_cast<int64_t>(images.kept.size()));
  for (const auto& map : saved.at("maps")) {
    result.maps.push_back(map_from(map));
    if (!fits(result.maps.back(), images.names.size())) refuse(file);
  }
}

}  // namespace afterimage
