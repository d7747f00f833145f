#include "afterimage/report/judgement_page.h"

#include <ATen/Functions.h>

#include <map>

#include "afterimage/base/provenance.h"
#include "afterimage/report/page.h"
#include "afterimage/report/sprites.h"

namespace afterimage {

std::string judgement_page(const JudgementPlan& plan, const std::vector<ImageSet>& sets,
                           const at::Tensor& truth, const nlohmann::json& answers_head,
                           const std::string& title) {
  SpriteSheets sprites(truth.size(2), truth.size(3));
  std::map<int64_t, std::map<int64_t, int64_t>> cells;  // by set and row: those that are shown
  for (const auto& [row, left, right] : plan.trials) {
    for (const auto set : {JudgedTrial::truth, left, right}) cells[set][row] = 0;
  }
  for (auto& [set, rows] : cells) {
    const auto& images =
        set == JudgedTrial::truth ? truth : sets[plan.place[static_cast<size_t>(set)]].images;
    std::vector<int64_t> shown;
    for (const auto& [row, cell] : rows) shown.push_back(row);
    const auto added = sprites.add(images.index_select(0, at::tensor(shown, at::kLong)));
    for (size_t i = 0; i < shown.size(); ++i) rows[shown[i]] = added[i];
  }
  auto trials = nlohmann::json::array();
  for (const auto& [row, left, right] : plan.trials) {
    trials.push_back({{"seen", cells[JudgedTrial::truth][row]},
                      {"left", cells[left][row]},
                      {"right", cells[right][row]}});
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
