#include "afterimage/evaluation/ranking.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/draws.h"

namespace afterimage {
namespace {

/// The metrics of the table, in the order of the table of metrics.
std::vector<std::string> metrics_of(const std::vector<Contender>& rows,
                                    const std::vector<std::string>& wanted) {
  std::set<std::string> there;
  for (const auto& row : rows) {
    for (const auto& [metric, score] : row.scores) {
      if (score.not_computed.empty()) there.insert(metric);
    }
  }
  const bool all = std::find(wanted.begin(), wanted.end(), "all") != wanted.end();
  std::vector<std::string> metrics;
  for (const auto* metric : find_metrics(wanted)) {
    if (there.contains(metric->name)) {
      metrics.push_back(metric->name);
    } else if (!all) {
      throw Error("--metrics", "no file has scores by '" + metric->name + "'",
                  suggestion(metric->name, {there.begin(), there.end()}));
    }
  }
  if (metrics.empty()) throw Error("compare", "no file has a score", "Evaluate first");
  return metrics;
}

/// Intervals of joined trainings; those of one training are as they were evaluated.
void add_intervals(std::vector<Contender>& rows, Draws& draws) {
  for (auto& row : rows) {
    if (row.trainings < 2 || row.stimuli < 2) continue;
    for (const auto& [metric, columns] : row.columns) {
      const auto interval = interval_of_trainings(columns, draws.of(row.stimuli).counts);
      auto& score = row.scores.at(metric);
      score.low = interval.low;
      score.high = interval.high;
    }
  }
}

void sort_rows(std::vector<Contender>& rows, const std::string& metric) {
  const bool higher = find_metrics({metric}).front()->higher_is_better;
  const auto value = [&](const Contender& row) -> std::optional<double> {
    const auto score = row.scores.find(metric);
    if (score == row.scores.end() || !score->second.not_computed.empty()) return {};
    return score->second.value;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const Contender& a, const Contender& b) {
    const auto x = value(a), y = value(b);
    if (!x || !y) return x.has_value() && !y.has_value();
    return higher ? *x > *y : *x < *y;
  });
}

void add_tests_of(Ranking& ranking, size_t first, size_t second, Draws& draws) {
  const auto &a = ranking.rows[first], &b = ranking.rows[second];
  std::string reason;
  if (!a.paired_with(b, reason)) {
    ranking.untested.push_back({first, second, reason});
    return;
  }
  if (a.stimuli < 2) {
    ranking.untested.push_back({first, second, "one stimulus"});
    return;
  }
  for (const auto& metric : ranking.metrics) {
    const auto x = a.columns.find(metric), y = b.columns.find(metric);
    if (x == a.columns.end() || y == b.columns.end()) continue;
    const auto& [counts, signs] = draws.of(a.stimuli);
    ranking.pairs.push_back(
        {first, second, metric, paired_trainings(x->second, y->second, counts, signs)});
  }
}

void test_pairs(Ranking& ranking, Draws& draws, const RunContext& run) {
  const auto count = std::ssize(ranking.rows);
  Progress progress(run, "compare", count * (count - 1) / 2, "pair");
  for (size_t i = 0; i < ranking.rows.size(); ++i) {
    for (size_t j = i + 1; j < ranking.rows.size(); ++j) {
      run.stop_if_cancelled("stopped; nothing was written");
      add_tests_of(ranking, i, j, draws);
      progress.advance();
    }
  }
  std::vector<double> p;
  for (const auto& pair : ranking.pairs) p.push_back(pair.paired.p);
  const auto q = benjamini_hochberg(p);
  for (size_t i = 0; i < q.size(); ++i) ranking.pairs[i].q = q[i];
}

}  // namespace

Options RankingOptions::options() {
  return {
      Option("metrics", metrics, "names of metrics, or all that the files have"),
      Option("sort", sort, "metric to sort by, best first (default: the first of the metrics)"),
      Option("group", group,
             "NAME=A,B,...: rows that are trainings of one decoder become one row, with an "
             "interval over stimuli and trainings"),
      Option("join_seeds", join_seeds,
             "make one row of trainings of one configuration that differ by the seed alone"),
      Option("controls", controls, "show the controls too"),
      Option("bootstrap", bootstrap, "resamples of the stimuli for intervals and p values")
          .range(100, 1000000),
  };
}

const RankedPair* Ranking::find(size_t first, size_t second, const std::string& metric) const {
  const std::pair wanted = std::minmax({first, second});
  auto found = std::lower_bound(pairs.begin(), pairs.end(), wanted,
                                [](const RankedPair& pair, const auto& rows_wanted) {
                                  return std::pair(pair.first, pair.second) < rows_wanted;
                                });
  for (; found != pairs.end() && std::pair(found->first, found->second) == wanted; ++found) {
    if (found->metric == metric) return &*found;
  }
  return nullptr;
}

bool Ranking::leads(size_t row, const std::string& metric) const {
  const auto has_evidence = [&](size_t i) {
    const auto score = rows[i].scores.find(metric);
    return score != rows[i].scores.end() && score->second.not_computed.empty() &&
           rows[i].evidence(metric) == Evidence::independent;
  };
  if (!has_evidence(row)) return false;
  const bool higher = find_metrics({metric}).front()->higher_is_better;
  bool tested = false;
  for (size_t other = 0; other < rows.size(); ++other) {
    const auto* pair = other == row || !has_evidence(other) ? nullptr : find(row, other, metric);
    if (!pair) continue;
    tested = true;
    if (pair->q >= kFalseDiscoveries) continue;
    const bool first_is_better = (pair->paired.difference > 0) == higher;
    if (first_is_better != (pair->first == row)) return false;
  }
  return tested;
}

Ranking rank(const std::vector<ScoredFile>& files, const RankingOptions& options,
             const RunContext& run) {
  Ranking ranking;
  ranking.rows = contenders(files, options.controls);
  if (ranking.rows.empty()) throw Error("compare", "there are no decoders", "Name scores of some");
  if (options.join_seeds) join_seeds(ranking.rows);
  tell_apart(ranking.rows);
  for (const auto& group : options.group) join_group(ranking.rows, group);
  ranking.metrics = metrics_of(ranking.rows, options.metrics);
  ranking.sort = options.sort.empty() ? ranking.metrics.front() : options.sort;
  if (std::find(ranking.metrics.begin(), ranking.metrics.end(), ranking.sort) ==
      ranking.metrics.end()) {
    throw Error("--sort", "'" + ranking.sort + "' is not a metric of this table",
                suggestion(ranking.sort, ranking.metrics));
  }
  Draws draws(options.bootstrap, run);
  add_intervals(ranking.rows, draws);
  sort_rows(ranking.rows, ranking.sort);
  test_pairs(ranking, draws, run);
  return ranking;
}

}  // namespace afterimage
