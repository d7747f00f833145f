#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/evaluation/scores.h"

namespace afterimage {

/// Whether a score says how good images are. A decoder that was fitted by a network's features, or
/// by the metric itself, scores well in them whatever else it makes: such a score is marked
/// wherever it is shown, and no summary counts it.
enum class Evidence { independent, trained_against, unknown };

/// Of a set's score by this metric; unknown where the metric has a network and nobody knows what
/// the set was trained against (files of before).
Evidence evidence(const ScoredImages& set, const std::string& metric);

/// Of the difference of two sets: independent where it is evidence of both.
Evidence evidence(const Scores& scores, const Comparison& comparison);

/// "no", "yes" or "unknown": was it trained against this metric?
std::string evidence_text(Evidence evidence);

/// What the comparisons of two sets say together, at a false discovery rate of 5 %. Metrics count
/// that are evidence of both sets; the others are only numbered.
struct Standing {
  std::string first, second;
  int64_t better = 0, worse = 0, unclear = 0;  ///< metrics in which the first is
  int64_t trained_against = 0, unknown = 0;    ///< metrics left out

  nlohmann::json to_json() const;
  /// "tuned against ridge: better in 7 of 12 metrics, worse in 1; 13 not counted (trained against)"
  std::string text() const;
};

inline constexpr double kFalseDiscoveries = 0.05;

/// One for each pair of sets that was compared, in the order of the comparisons.
std::vector<Standing> standings(const Scores& scores);

}  // namespace afterimage
