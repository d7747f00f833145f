#include "afterimage/report/report.h"

#include "afterimage/base/provenance.h"
#include "afterimage/report/analysis_sections.h"
#include "afterimage/report/field_map.h"
#include "afterimage/report/page.h"
#include "afterimage/report/page_data.h"
#include "afterimage/report/point_maps.h"

namespace afterimage {
namespace {

/// Scripts in the order they run; page.js starts the others.
const PageParts kReport = {
    "page.html",
    {"uplot/uPlot.min.css", "style.css", "sections.css"},
    {"uplot/uPlot.iife.min.js", "elements.js", "sprites.js", "checks.js", "overview.js",
     "viewer.js", "images.js", "scores.js", "comparisons.js", "spread.js", "points.js", "losses.js",
     "provenance.js", "theme.js", "page.js"}};

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
  return fill_page(kReport, input.title, page_data(input),
                   {{"fields", fields_of(input)}, {"analyses", analysis_sections(input.analyses)}});
}

}  // namespace afterimage
