#include "afterimage/analysis/result.h"

#include <ATen/ATen.h>

#include "afterimage/analysis/chart.h"
#include "afterimage/analysis/point_map.h"
#include "afterimage/analysis/result_arrays.h"
#include "afterimage/base/error.h"
#include "afterimage/base/json_number.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/formats/nifti.h"
#include "afterimage/formats/npy.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int version = 2;  // 1 had all numbers of tables as text
constexpr const char* kind_names[] = {"bars", "stacked", "lines", "points"};

json to_json(const Chart& chart) {
  json series = json::array();
  for (const auto& one : chart.series) {
    series.push_back({{"name", one.name}, {"x", json_numbers(one.x)}, {"y", json_numbers(one.y)}});
    if (one.low.empty()) continue;
    series.back()["low"] = json_numbers(one.low);
    series.back()["high"] = json_numbers(one.high);
  }
  return {{"name", chart.name},
          {"title", chart.title},
          {"kind", kind_names[static_cast<size_t>(chart.kind)]},
          {"x_label", chart.x_label},
          {"y_label", chart.y_label},
          {"categories", chart.categories},
          {"over_stimulus", chart.over_stimulus},
          {"series", series}};
}

Chart chart_from(const json& saved) {
  Chart chart;
  chart.name = saved.at("name");
  chart.title = saved.at("title");
  for (size_t i = 0; i < std::size(kind_names); ++i) {
    if (saved.at("kind") == kind_names[i]) chart.kind = static_cast<Chart::Kind>(i);
  }
  chart.x_label = saved.at("x_label");
  chart.y_label = saved.at("y_label");
  chart.categories = saved.at("categories").get<std::vector<std::string>>();
  chart.over_stimulus = saved.value("over_stimulus", false);
  for (const auto& one : saved.at("series")) {
    chart.series.push_back({one.at("name"), numbers_from(one.at("x")), numbers_from(one.at("y")),
                            numbers_from(one.value("low", json::array())),
                            numbers_from(one.value("high", json::array()))});
  }
  return chart;
}

json to_json(const NamedArray& array) {
  return {{"name", array.name},
          {"title", array.title},
          {"file", array.name + ".npy"},
          {"axes", array.axes},
          {"shape", array.values.sizes().vec()},
          {"names", array.names}};
}

NamedArray array_from(const json& saved) {
  return {saved.at("name"),
          saved.at("title"),
          saved.at("axes").get<std::vector<std::string>>(),
          {},
          saved.at("names").get<std::map<std::string, std::vector<std::string>>>()};
}

json to_json(const NamedVolumes& volumes) {
  return {{"name", volumes.name},
          {"title", volumes.title},
          {"file", volumes.name + ".nii.gz"},
          {"names", volumes.names}};
}

/// Writes its PNG.
json save_grid(const ImageGrid& grid, const fs::path& folder) {
  TORCH_INTERNAL_ASSERT(grid.images.size(0) ==
                        static_cast<int64_t>(grid.rows.size() * grid.columns.size()));
  write_png(folder / (grid.name + ".png"),
            sheet_of(grid.images, static_cast<int64_t>(grid.columns.size())));
  return {
      {"name", grid.name}, {"title", grid.title}, {"columns", grid.columns}, {"rows", grid.rows}};
}

ImageGrid grid_from(const json& saved, const fs::path& folder) {
  ImageGrid grid{saved.at("name"),
                 saved.at("title"),
                 saved.at("columns").get<std::vector<std::string>>(),
                 saved.at("rows").get<std::vector<std::string>>(),
                 {}};
  const auto columns = static_cast<int64_t>(grid.columns.size());
  grid.images = images_of(folder / (grid.name + ".png"), columns,
                          columns * static_cast<int64_t>(grid.rows.size()));
  return grid;
}

}  // namespace

void Series::add(const Estimate& estimate) {
  y.push_back(estimate.value);
  low.push_back(estimate.low);
  high.push_back(estimate.high);
}

void AnalysisResult::save(const fs::path& folder, bool force,
                          const std::map<std::string, std::string>& further) const {
  Output output(folder, force);
  fs::create_directories(output.path());
  json saved{{"format", "afterimage-analysis"},
             {"version", version},
             {"name", name},
             {"title", title},
             {"lead", lead},
             {"provenance", provenance},
             {"tables", json::array()},
             {"charts", json::array()},
             {"grids", json::array()},
             {"arrays", json::array()}};
  for (const auto& table : tables) {
    write_text(output.path() / (table.name + ".csv"), table.csv(), true);
    saved["tables"].push_back(table.to_json());
  }
  for (const auto& chart : charts) {
    write_text(output.path() / (chart.name + ".svg"), chart_svg(chart, /*standalone=*/true), true);
    saved["charts"].push_back(to_json(chart));
  }
  for (const auto& grid : grids) saved["grids"].push_back(save_grid(grid, output.path()));
  for (const auto& grid : multiples) saved["multiples"].push_back(save_grid(grid, output.path()));
  for (const auto& [file, text] : further) write_text(output.path() / file, text, true);
  for (const auto& map : maps) {
    for (const auto& colouring : map.colourings) {
      const Chart chart = chart_of(map, colouring);
      write_text(output.path() / (chart.name + ".svg"), chart_svg(chart, /*standalone=*/true),
                 true);
    }
  }
  for (const auto& array : arrays) {
    TORCH_INTERNAL_ASSERT(array.values.dim() == std::ssize(array.axes));
    write_npy(output.path() / (array.name + ".npy"), array.values);
    saved["arrays"].push_back(to_json(array));
  }
  for (const auto& one : volumes) {
    write_nifti(output.path() / (one.name + ".nii.gz"), one.like, one.values);
    saved["volumes"].push_back(to_json(one));
  }
  if (!arrays.empty()) save_arrays(*this, output.path() / "arrays.h5");
  if (!maps.empty()) saved["maps"] = save_maps(*this, output.path());
  write_text(output.path() / "analysis.json", saved.dump(1), true);
  output.commit();
}

AnalysisResult AnalysisResult::load(const fs::path& folder) {
  const fs::path file = folder / "analysis.json";
  const json saved = json::parse(read_text(file), nullptr, /*allow_exceptions=*/false);
  if (!saved.is_object() || saved.value("format", "") != "afterimage-analysis") {
    throw Error(file, "is no analysis of Afterimage's");
  }
  if (saved.value("version", 0) > version) {
    throw Error(file, "was written by a newer version of Afterimage", "Update Afterimage");
  }
  try {
    AnalysisResult result;
    result.name = saved.at("name");
    result.title = saved.at("title");
    result.lead = saved.at("lead");
    result.provenance = saved.at("provenance");
    for (const auto& table : saved.at("tables")) result.tables.push_back(Table::from_json(table));
    for (const auto& chart : saved.at("charts")) result.charts.push_back(chart_from(chart));
    for (const auto& grid : saved.at("grids")) result.grids.push_back(grid_from(grid, folder));
    for (const auto& array : saved.value("arrays", json::array())) {
      result.arrays.push_back(array_from(array));
    }
    for (const auto& one : saved.value("volumes", json::array())) {
      result.volumes.push_back({one.at("name"),
                                one.at("title"),
                                one.at("names").get<std::vector<std::string>>(),
                                {},
                                {}});
    }
    if (saved.contains("maps")) load_maps(saved["maps"], folder, result);
    return result;
  } catch (const json::exception& error) {
    throw Error(file, concat("is broken: ", error.what()), "Run the analysis again");
  }
}

}  // namespace afterimage
