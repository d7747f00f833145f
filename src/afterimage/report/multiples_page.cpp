#include "afterimage/report/multiples_page.h"

#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/report/analysis_sections.h"
#include "afterimage/report/page.h"

namespace afterimage {

std::string multiples_page(const AnalysisResult& analysis) {
  const PageParts parts = {"multiples.html",
                           {"style.css", "sections.css"},
                           {"elements.js", "provenance.js", "theme.js", "multiples.js"}};
  std::string grids;
  for (const auto& grid : analysis.multiples) grids += grid_figure(grid);
  auto records = nlohmann::json::array();
  if (!analysis.provenance.empty()) records.push_back(analysis.provenance);
  return fill_page(parts, analysis.title, {{"version", version()}, {"provenance", records}},
                   {{"lead", html_escape(analysis.lead)}, {"grids", grids}});
}

}  // namespace afterimage
