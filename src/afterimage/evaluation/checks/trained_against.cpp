#include <algorithm>
#include <set>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/counted_metrics.h"
#include "afterimage/evaluation/evidence.h"

namespace afterimage {
namespace {

/// A set of images (ridge, another decoder) that is beaten by the metrics of the objective, but not
/// by those that are independent of it; "" for none.
std::string beaten_by_own_metrics_only(const CheckData& data, size_t decoder) {
  for (const auto& set : data.scores().sets) {
    if (set.name == data.decoder(decoder).name) continue;
    const auto own = balance(data, decoder, set.name, /*counted=*/false);
    const auto others = balance(data, decoder, set.name);
    if (own.better.size() > own.worse.size() && others.worse.size() > others.better.size()) {
      return set.name;
    }
  }
  return "";
}

CheckResult trained_against(CheckData& data, size_t decoder) {
  const auto& made = data.decoder(decoder);
  if (!made.trained_against) {
    return not_checked("The reconstruction does not say what judged the training",
                       "Reconstruct again");
  }
  std::set<std::string> judges;
  for (const auto& judge : *made.trained_against) {
    judges.insert(judge.metric.empty() ? judge.network : judge.metric);
  }
  std::vector<std::string> marked;
  int64_t counted = 0;
  const auto& sets = data.scores().sets;
  const auto set = std::find_if(sets.begin(), sets.end(),
                                [&](const auto& each) { return each.name == made.name; });
  for (const auto& score : set->scores) {
    if (!score.not_computed.empty()) continue;
    if (evidence(*set, score.metric) == Evidence::independent) {
      ++counted;
    } else {
      marked.push_back(score.metric);
    }
  }
  CheckResult result;
  result.figures = {{"metrics of its own objective", std::ssize(marked)},
                    {"independent metrics", static_cast<double>(counted)}};
  if (judges.empty()) {
    result.found = concat("Neither a pretrained network nor a metric judged this decoder's ",
                          "training; all ", counted, " metrics are independent of it");
    result.meaning = "Any of them is evidence";
    return result;
  }
  const auto names = join({judges.begin(), judges.end()}, " and ");
  // Pixels are a term of nearly every objective, also of ridge's: that alone is marked and said.
  const bool by_network = std::any_of(made.trained_against->begin(), made.trained_against->end(),
                                      [](const Judge& judge) { return judge.metric.empty(); });
  const bool reads_it = std::any_of(marked.begin(), marked.end(),
                                    [&](const auto& metric) { return !judges.contains(metric); });
  const auto other = by_network ? beaten_by_own_metrics_only(data, decoder) : "";
  if (!other.empty()) {
    result.verdict = Verdict::fail;
    result.found = concat("The decoder was trained against ", names, ", and beats '", other,
                          "' by these metrics while losing by independent ones");
    result.meaning = "What it has learned is the metric: judge it by the others";
  } else if (!marked.empty()) {
    if (reads_it) result.verdict = Verdict::look;
    result.found = concat("The decoder was trained against ", names, ", by which ", marked.size(),
                          " of the metrics shown judge (", join(marked), ")");
    result.meaning = concat("They are no evidence; judge it by the other ", counted);
  } else {
    result.found = concat("The decoder was trained against ", names,
                          ", by which none of the metrics shown judge");
    result.meaning = "All of them are independent of its objective";
  }
  return result;
}

}  // namespace

Check trained_against_check() {
  return {"trained-against",
          "Trained against",
          "scores by a network or metric that was in the decoder's objective, or chose its weights",
          "networks that are alike to one in the objective (trained on the same images), and "
          "metrics that "
          "are alike (ms-ssim to ssim)",
          "the rule that an objective is no evidence",
          trained_against};
}

}  // namespace afterimage
