#include "afterimage/report/report.h"

#include <array>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/report/analysis_sections.h"
#include "afterimage/report/field_map.h"
#include "afterimage/report/html.h"
#include "afterimage/report/page_data.h"
#include "afterimage/report/point_maps.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// In the order they run; page.js starts the others.
constexpr std::array scripts = {"uplot/uPlot.iife.min.js",
                                "elements.js",
                                "sprites.js",
                                "checks.js",
                                "overview.js",
                                "viewer.js",
                                "images.js",
                                "scores.js",
                                "comparisons.js",
                                "spread.js",
                                "points.js",
                                "losses.js",
                                "provenance.js",
                                "page.js"};
constexpr std::array styles = {"uplot/uPlot.min.css", "style.css", "sections.css"};

std::string style_text(const fs::path& folder) {
  std::string text;
  for (const char* name : styles) text += read_text(folder / name) + "\n";
  return text;
}

/// The script elements, and their hashes as the page's policy lists them.
std::pair<std::string, std::string> script_elements(const fs::path& folder) {
  std::string elements, hashes;
  for (const char* name : scripts) {
    const std::string text = read_text(folder / name);
    elements += "<script>" + text + "</script>\n";
    hashes += " '" + policy_hash(text) + "'";
  }
  return {elements, hashes};
}

/// Records as the page lists them. A recording may come with a plain note in place of one, or with
/// nothing.
nlohmann::json records(const std::vector<nlohmann::json>& provenance) {
  auto list = nlohmann::json::array();
  for (const auto& record : provenance) {
    if (record.empty()) continue;
    list.push_back(record.is_object() ? record : nlohmann::json{{"note", record}});
  }
  return list;
}

nlohmann::json page_data(const ReportInput& input) {
  return {{"title", input.title},
          {"version", version()},
          {"header", header_data(input)},
          {"images", image_data(input)},
          {"scores", score_data(input)},
          {"checks", check_data(input)},
          {"logs", log_data(input.logs)},
          {"maps", point_map_data(input.analyses)},
          {"provenance", records(input.provenance)}};
}

std::string fields_of(const ReportInput& input) {
  if (!input.recording) return {};
  return field_figures(input.recording->info());
}

}  // namespace

std::string report_html(const ReportInput& input) {
  const fs::path folder = data_dir() / "report";
  const auto [elements, hashes] = script_elements(folder);
  return fill_template(read_text(folder / "page.html"),
                       {{"title", html_escape(input.title)},
                        {"policy", hashes},
                        {"style", style_text(folder)},
                        {"fields", fields_of(input)},
                        {"analyses", analysis_sections(input.analyses)},
                        {"data", script_json(page_data(input))},
                        {"scripts", elements}});
}

}  // namespace afterimage
