#include "afterimage/evaluation/evidence.h"

#include <algorithm>

#include "afterimage/base/text.h"

namespace afterimage {
namespace {

Evidence evidence(const TrainedAgainst& judges, const std::string& metric,
                  const std::string& network) {
  if (!judges) return network.empty() ? Evidence::independent : Evidence::unknown;
  const bool used = std::any_of(judges->begin(), judges->end(), [&](const Judge& one) {
    return one.metric == metric || (!network.empty() && one.network == network);
  });
  return used ? Evidence::trained_against : Evidence::independent;
}

const ScoredImages* set_of(const Scores& scores, const std::string& name) {
  for (const auto& set : scores.sets) {
    if (set.name == name) return &set;
  }
  return nullptr;
}

/// The pretrained network that a score by this metric is made of; "" for none.
std::string network_read(const std::vector<Score>& scores, const std::string& metric) {
  for (const auto& score : scores) {
    if (score.metric == metric && !score.network.empty()) return score.network;
  }
  const auto* known = known_metric(metric);
  return known == nullptr ? "" : known->network;
}

void count(Standing& standing, const Comparison& comparison, Evidence evidence) {
  const auto* metric = known_metric(comparison.metric);
  switch (evidence) {
    case Evidence::trained_against:
      ++standing.trained_against;
      return;
    case Evidence::unknown:
      ++standing.unknown;
      return;
    case Evidence::independent:
      break;
  }
  if (comparison.q >= kFalseDiscoveries || !metric) {
    ++standing.unclear;
  } else {
    ++((comparison.difference > 0) == metric->higher_is_better ? standing.better : standing.worse);
  }
}

}  // namespace

Evidence evidence(const ScoredImages& set, const std::string& metric) {
  return evidence(set.trained_against, metric, network_read(set.scores, metric));
}

Evidence evidence(const Scores& scores, const Comparison& comparison) {
  const auto *first = set_of(scores, comparison.first), *second = set_of(scores, comparison.second);
  const auto judges = [](const ScoredImages* set) {
    return set == nullptr ? std::nullopt : set->trained_against;
  };
  const auto* any = first == nullptr ? second : first;
  return evidence(
      both(judges(first), judges(second)), comparison.metric,
      network_read(any == nullptr ? std::vector<Score>() : any->scores, comparison.metric));
}

std::string evidence_text(Evidence evidence) {
  switch (evidence) {
    case Evidence::trained_against:
      return "yes";
    case Evidence::unknown:
      return "unknown";
    case Evidence::independent:
      break;
  }
  return "no";
}

nlohmann::json Standing::to_json() const {
  return {{"first", first},
          {"second", second},
          {"better", better},
          {"worse", worse},
          {"unclear", unclear},
          {"not_counted_trained_against", trained_against},
          {"not_counted_unknown", unknown}};
}

std::string Standing::text() const {
  auto text = concat(first, " against ", second, ": better in ", better, " of ",
                     better + worse + unclear, " metrics, worse in ", worse);
  if (trained_against > 0) text += concat("; ", trained_against, " not counted (trained against)");
  if (unknown > 0) text += concat("; ", unknown, " not counted (unknown whether trained against)");
  return text;
}

std::vector<Standing> standings(const Scores& scores) {
  std::vector<Standing> list;
  for (const auto& comparison : scores.comparisons) {
    auto found = std::find_if(list.begin(), list.end(), [&](const Standing& standing) {
      return standing.first == comparison.first && standing.second == comparison.second;
    });
    if (found == list.end()) {
      found = list.insert(list.end(), {comparison.first, comparison.second});
    }
    count(*found, comparison, evidence(scores, comparison));
  }
  return list;
}

}  // namespace afterimage
