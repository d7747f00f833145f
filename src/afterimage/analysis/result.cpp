#include "afterimage/analysis/result.h"

#include <ATen/ATen.h>

#include <cstdio>

#include "afterimage/analysis/chart.h"
#include "afterimage/analysis/point_map.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int version = 1;
constexpr const char* kind_names[] = {"bars", "stacked", "lines", "points"};

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv(const Table& table) {
  std::string text;
  const auto line = [&text](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) text += (i ? "," : "") + csv_cell(cells[i]);
    text += "\n";
  };
  line(table.columns);
  for (const auto& row : table.rows) line(row);
  return text;
}

/// NaN, which JSON lacks, as null.
json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(std::isfinite(value) ? json(value) : json());
  return list;
}

std::vector<double> doubles(const json& list) {
  std::vector<double> values;
  for (const auto& value : list) values.push_back(value.is_null() ? NAN : value.get<double>());
  return values;
}

json to_json(const Chart& chart) {
  json series = json::array();
  for (const auto& one : chart.series) {
    series.push_back({{"name", one.name}, {"x", numbers(one.x)}, {"y", numbers(one.y)}});
  }
  return {{"name", chart.name},
          {"title", chart.title},
          {"kind", kind_names[static_cast<size_t>(chart.kind)]},
          {"x_label", chart.x_label},
          {"y_label", chart.y_label},
          {"categories", chart.categories},
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
  for (const auto& one : saved.at("series")) {
    chart.series.push_back({one.at("name"), doubles(one.at("x")), doubles(one.at("y"))});
  }
  return chart;
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

std::string cell(double value) {
  if (!std::isfinite(value)) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

void AnalysisResult::save(const fs::path& folder, bool force) const {
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
             {"grids", json::array()}};
  for (const auto& table : tables) {
    write_text(output.path() / (table.name + ".csv"), csv(table), true);
    saved["tables"].push_back({{"name", table.name},
                               {"title", table.title},
                               {"columns", table.columns},
                               {"rows", table.rows}});
  }
  for (const auto& chart : charts) {
    write_text(output.path() / (chart.name + ".svg"), chart_svg(chart, /*standalone=*/true), true);
    saved["charts"].push_back(to_json(chart));
  }
  for (const auto& grid : grids) {
    TORCH_INTERNAL_ASSERT(grid.images.size(0) ==
                          static_cast<int64_t>(grid.rows.size() * grid.columns.size()));
    write_png(output.path() / (grid.name + ".png"),
              sheet_of(grid.images, static_cast<int64_t>(grid.columns.size())));
    saved["grids"].push_back({{"name", grid.name},
                              {"title", grid.title},
                              {"columns", grid.columns},
                              {"rows", grid.rows}});
  }
  for (const auto& map : maps) {
    for (const auto& colouring : map.colourings) {
      const Chart chart = chart_of(map, colouring);
      write_text(output.path() / (chart.name + ".svg"), chart_svg(chart, /*standalone=*/true),
                 true);
    }
  }
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
    for (const auto& table : saved.at("tables")) {
      result.tables.push_back({table.at("name"), table.at("title"),
                               table.at("columns").get<std::vector<std::string>>(),
                               table.at("rows").get<std::vector<std::vector<std::string>>>()});
    }
    for (const auto& chart : saved.at("charts")) result.charts.push_back(chart_from(chart));
    for (const auto& grid : saved.at("grids")) result.grids.push_back(grid_from(grid, folder));
    if (saved.contains("maps")) load_maps(saved["maps"], folder, result);
    return result;
  } catch (const json::exception& error) {
    throw Error(file, concat("is broken: ", error.what()), "Run the analysis again");
  }
}

}  // namespace afterimage
