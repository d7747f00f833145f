#include "afterimage/report/ranking_page.h"

#include "afterimage/base/provenance.h"
#include "afterimage/report/page.h"

namespace afterimage {

std::string ranking_page(const Ranking& ranking, const std::string& title) {
  const PageParts parts = {
      "compare.html",
      {"style.css", "sections.css"},
      {"elements.js", "scores.js", "comparisons.js", "provenance.js", "theme.js", "compare.js"}};
  auto data = ranking.to_json();
  data["version"] = version();
  data["provenance"] = nlohmann::json::array({ranking.provenance});
  if (ranking.provenance.empty()) data["provenance"] = nlohmann::json::array();
  return fill_page(parts, title, data);
}

}  // namespace afterimage
