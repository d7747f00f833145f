#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/run_context.h"
#include "afterimage/evaluation/contender.h"

namespace afterimage {

struct RankingOptions {
  std::vector<std::string> metrics = {"all"};  ///< all: those that any of the files has
  std::string sort = {};                       ///< "": the first of them
  std::vector<std::string> group = {};         ///< "NAME=A,B,..." each
  bool join_seeds = true;
  bool controls = true;
  int64_t bootstrap = 2000;

  Options options();
};

/// How two rows differ by one metric (first minus second). They can be tested where they are scored
/// on the same images at the same size.
struct RankedPair {
  size_t first = 0, second = 0;  ///< rows
  std::string metric;
  PairedDifference paired;
  double q = 1;  ///< p adjusted over all pairs and metrics of the table (Benjamini-Hochberg)
};

/// Two rows that were not tested against each other, and why.
struct UntestedPair {
  size_t first = 0, second = 0;
  std::string reason;
};

/// Many decoders on many recordings in one table (docs/evaluation.md).
struct Ranking {
  std::vector<std::string> metrics;
  std::string sort;
  std::vector<Contender> rows;    ///< best first by `sort`, those without a value last
  std::vector<RankedPair> pairs;  ///< ordered by first, second, then as `metrics`
  std::vector<UntestedPair> untested;
  nlohmann::json provenance;

  /// The test of two rows, in either order; null where there is none.
  const RankedPair* find(size_t first, size_t second, const std::string& metric) const;
  /// Whether its score is evidence, was tested against that of another row on the same images, and
  /// no such row is clearly better (5 % false discoveries).
  bool leads(size_t row, const std::string& metric) const;

  /// {"format": "afterimage-comparison", "version", "sort", "metrics" (definitions), "statistics",
  /// "rows": [{"name", "control", "recording", "split", "image_size", "stimuli", "trainings",
  /// "seeds", "trained_against", "checks", "scores": {metric: {"value", "interval", "leads",
  /// "trained_against"}}}], "pairs": [{"first", "second" (names), "metric", "difference",
  /// "interval", "p", "q", "trained_against"}], "untested": [{"first", "second", "reason"}],
  /// "provenance"}.
  nlohmann::json to_json() const;
  /// A row per decoder and metric.
  std::string to_csv() const;
  /// A table for a paper (package booktabs): a row per decoder, a column per metric.
  std::string to_latex() const;
};

/// Errors: no rows, a metric that no file has, a group that is none.
Ranking rank(const std::vector<ScoredFile>& files, const RankingOptions& options,
             const RunContext& run);

/// How a row compares with the first by the metric they are sorted by, in words for a terminal:
/// "q 0.003", or why it was not tested.
std::string against_first(const Ranking& ranking, size_t row);

}  // namespace afterimage
