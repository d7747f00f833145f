#include "afterimage/report/analysis_sections.h"

#include <ATen/ATen.h>

#include "afterimage/analysis/chart.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/report/html.h"
#include "afterimage/report/point_maps.h"

namespace afterimage {
namespace {

std::string figure(const char* kind, const std::string& title, const std::string& content) {
  return concat("<figure class=\"", kind, "\"><figcaption><b>", html_escape(title),
                "</b></figcaption>", content, "</figure>");
}

std::string picture(const at::Tensor& image, const std::string& alt) {
  const auto bytes = image.clamp(0, 1).mul(255).round().to(at::kByte);
  return concat("<img alt=\"", html_escape(alt), "\" src=\"data:image/png;base64,",
                base64(encode_png(bytes)), "\">");
}

/// Long tables stay in their CSV: the page shows the first rows and says so.
std::string table_figure(const Table& table) {
  constexpr size_t most_rows = 60;
  std::string html = "<details><summary>" + html_escape(table.title) +
                     "</summary><div class=\"wide\" tabindex=\"0\"><table><tr>";
  for (const auto& column : table.columns) html += "<th>" + html_escape(column) + "</th>";
  html += "</tr>";
  for (size_t r = 0; r < std::min(most_rows, table.rows.size()); ++r) {
    html += "<tr>";
    for (const auto& cell : table.rows[r]) html += "<td>" + html_escape(shown(cell)) + "</td>";
    html += "</tr>";
  }
  html += "</table></div>";
  if (table.rows.size() > most_rows) {
    html += concat("<p class=\"about\">", most_rows, " of ", table.rows.size(),
                   " rows; all are in ", html_escape(table.name), ".csv.</p>");
  }
  return html + "</details>";
}

}  // namespace

std::string grid_figure(const ImageGrid& grid) {
  std::string html = "<div class=\"wide\" tabindex=\"0\"><table class=\"image-grid\"><tr><td></td>";
  for (const auto& column : grid.columns) html += "<th>" + html_escape(column) + "</th>";
  html += "</tr>";
  int64_t next = 0;
  for (const auto& row : grid.rows) {
    html += "<tr><th>" + html_escape(row) + "</th>";
    for (const auto& column : grid.columns) {
      html += "<td>" + picture(grid.images[next++], concat(row, ", ", column)) + "</td>";
    }
    html += "</tr>";
  }
  return figure("analysis-grid", grid.title, html + "</table></div>");
}

std::string analysis_sections(const std::vector<AnalysisResult>& analyses) {
  std::string html;
  for (size_t number = 0; number < analyses.size(); ++number) {
    const auto& analysis = analyses[number];
    html += concat("<section class=\"analysis\"><h3>", html_escape(analysis.title),
                   "</h3><p class=\"about\">", html_escape(analysis.lead), "</p>");
    html += point_map_figures(analysis, number);
    for (const auto& grid : analysis.grids) html += grid_figure(grid);
    html += "<div class=\"charts\">";
    for (const auto& chart : analysis.charts) {
      html += figure("chart", chart.title, chart_svg(chart, /*standalone=*/false));
    }
    html += "</div>";
    for (const auto& table : analysis.tables) html += table_figure(table);
    for (const auto& array : analysis.arrays) {
      html +=
          concat("<p class=\"about\">", html_escape(array.name), ".npy: ", html_escape(array.title),
                 " (", html_escape(join(array.axes)), ").</p>");
    }
    html += "</section>";
  }
  return html;
}

}  // namespace afterimage
