#include "afterimage/evaluation/brain_text.h"

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check_text.h"

namespace afterimage {
namespace {

std::string best_text(const AreaScore& area) {
  auto text = concat(area.area, " ", decimals(area.ceiling.true_images.value_or(0)));
  if (area.ceiling.repeats) text += concat(" (", decimals(*area.ceiling.repeats), ")");
  return text;
}

}  // namespace

std::vector<std::string> brain_lines(const Scores& scores) {
  std::vector<std::string> lines;
  for (const auto& set : scores.sets) {
    for (const auto& score : set.scores) {
      if (score.areas.empty()) continue;
      const auto best = score.ceiling.true_images.value_or(1);
      if (lines.empty()) {
        std::vector<std::string> areas;
        for (const auto& area : score.areas) areas.push_back(best_text(area));
        lines.push_back(concat("brain correlation of the true images",
                               score.ceiling.repeats ? " (and what noise leaves possible)" : "",
                               ": ", join(areas)));
      }
      if (score.value > best) {
        lines.push_back(concat("brain correlation of ", set.name, " (", decimals(score.value),
                               ") is above that of the true images (", decimals(best),
                               "): its images fit the noise of the trials they were made of, or "
                               "the encoding model, better than what was seen"));
      }
    }
  }
  return lines;
}

}  // namespace afterimage
