#include "afterimage/report/judgement_page.h"

#include <map>

#include "afterimage/base/provenance.h"
#include "afterimage/report/page.h"
#include "afterimage/report/sprites.h"

namespace afterimage {

std::string judgement_page(const JudgementPlan& plan, const std::vector<ImageSet>& sets,
                           const at::Tensor& truth, const nlohmann::json& answers_head,
                           const std::string& title) {
  SpriteSheets sprites(truth.size(2), truth.size(3));
  std::map<int64_t, std::vector<int64_t>> cells;  // by set
  cells[JudgedTrial::truth] = sprites.add(truth);
  for (size_t s = 0; s < plan.sets.size(); ++s) {
    cells[static_cast<int64_t>(s)] = sprites.add(sets[plan.place[s]].images);
  }
  auto trials = nlohmann::json::array();
  for (const auto& [row, left, right] : plan.trials) {
    const auto at_row = static_cast<size_t>(row);
    trials.push_back({{"seen", cells[JudgedTrial::truth][at_row]},
                      {"left", cells[left][at_row]},
                      {"right", cells[right][at_row]}});
  }
  const PageParts parts = {"judge.html",
                           {"style.css", "judge.css"},
                           {"elements.js", "sprites.js", "theme.js", "judge.js"}};
  return fill_page(parts, title,
                   {{"sprites", sprites.to_json()},
                    {"trials", trials},
                    {"answers", answers_head},
                    {"version", version()}});
}

}  // namespace afterimage
