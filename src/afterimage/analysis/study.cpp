#include "afterimage/analysis/study.h"

#include <algorithm>
#include <cmath>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/evidence.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/evaluation/statistics.h"

namespace afterimage {
namespace {

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Of a sample (n - 1); NaN for one value.
double deviation(const std::vector<double>& values) {
  if (values.size() < 2) return NAN;
  double sum = 0;
  for (const double value : values) sum += (value - mean(values)) * (value - mean(values));
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

/// The scores of one variant by one metric, a value per seed.
struct PerSeed {
  std::vector<double> value, low, high;
  Evidence evidence = Evidence::independent;  ///< the weakest of the runs
};

/// A mean as tables of the papers' form show it: one that is no evidence is marked.
Cell marked(double value, Evidence evidence) {
  if (evidence == Evidence::independent || std::isnan(value)) return value;
  return concat(number_text(value), evidence == Evidence::unknown ? "?" : "*");
}

/// The decoder's own scores.
const ScoredImages* decoder_of(const Scores& scores) {
  for (const auto& set : scores.sets) {
    if (!set.control) return &set;
  }
  return nullptr;
}

const Score* score_of(const ScoredImages& set, const std::string& metric) {
  for (const auto& score : set.scores) {
    if (score.metric == metric && score.not_computed.empty()) return &score;
  }
  return nullptr;
}

PerSeed collect(const std::vector<StudyRun>& runs, const std::string& variant,
                const std::string& metric) {
  PerSeed out;
  for (const auto& run : runs) {
    if (run.variant != variant) continue;
    const auto* set = decoder_of(run.scores);
    const Score* score = set == nullptr ? nullptr : score_of(*set, metric);
    if (score == nullptr) continue;
    const auto kind = evidence(*set, metric);
    if (kind != Evidence::independent) out.evidence = kind;
    out.value.push_back(score->value);
    out.low.push_back(score->low.value_or(NAN));
    out.high.push_back(score->high.value_or(NAN));
  }
  return out;
}

/// Mean difference of a variant from the first over the seeds both have, with its interval.
std::vector<Cell> difference_cells(const std::vector<double>& values,
                                   const std::vector<double>& first) {
  const size_t seeds = std::min(values.size(), first.size());
  std::vector<double> differences;
  for (size_t i = 0; i < seeds; ++i) differences.push_back(values[i] - first[i]);
  if (differences.empty()) return {NAN, NAN, NAN};
  const double centre = mean(differences);
  if (seeds < 2) return {centre, NAN, NAN};
  const double half = student_quantile(static_cast<int64_t>(seeds) - 1) * deviation(differences) /
                      std::sqrt(static_cast<double>(seeds));
  return {centre, centre - half, centre + half};
}

/// A row per variant and a column per metric: the form the papers print.
Table table_of_means(const StudyPlan& plan, const std::vector<StudyRun>& runs) {
  Table table{"means",
              "Mean over seeds; * and ?: trained against the metric or its network, or unknown: no "
              "evidence",
              {"variant"},
              {}};
  for (const auto* metric : find_metrics(plan.metrics)) table.columns.push_back(metric->name);
  for (const auto& variant : plan.variants) {
    std::vector<Cell> row = {variant.name};
    for (const auto* metric : find_metrics(plan.metrics)) {
      const auto found = collect(runs, variant.name, metric->name);
      row.push_back(marked(found.value.empty() ? NAN : mean(found.value), found.evidence));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// The paper's own rows, and for each variant it prints ours beside the printed number.
Table table_of_paper(const StudyPlan& plan, const std::vector<StudyRun>& runs) {
  Table table{"paper", concat(plan.paper.source, ": ours, and as printed"), {""}, {}};
  for (const auto& variant : plan.variants) {
    table.columns.push_back(variant.name);
    if (!variant.printed.empty()) table.columns.push_back(concat(variant.name, ", printed"));
  }
  const auto& misprints = plan.paper.misprints;
  for (size_t i = 0; i < plan.paper.rows.size(); ++i) {
    const auto& name = plan.paper.rows[i];
    std::vector<Cell> row = {name};
    for (const auto& variant : plan.variants) {
      const auto found = collect(runs, variant.name, plan.paper.metrics[i]);
      row.push_back(marked(found.value.empty() ? NAN : mean(found.value), found.evidence));
      if (variant.printed.empty()) continue;
      const bool misprint = std::find(misprints.begin(), misprints.end(),
                                      concat(variant.name, ": ", name)) != misprints.end();
      if (misprint) {
        row.emplace_back(concat(number_text(variant.printed[i]), " (misprint)"));
      } else {
        row.emplace_back(variant.printed[i]);
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

AnalysisResult summarise_study(const StudyPlan& plan, const std::vector<StudyRun>& runs) {
  AnalysisResult result;
  result.name = "study";
  result.title = "Study";
  result.lead = concat(plan.variants.size(), " variants, ", plan.seeds.size(),
                       " seeds each; differences are from '", plan.variants.front().name, "'.");
  Table table{"summary",
              "Mean over seeds, interval over images, and difference from the first variant",
              {"variant", "metric", "seeds", "mean", "sd over seeds", "low", "high", "difference",
               "difference low", "difference high", "trained against"},
              {}};
  for (const auto* metric : find_metrics(plan.metrics)) {
    const auto first = collect(runs, plan.variants.front().name, metric->name);
    if (first.value.empty()) continue;
    Chart chart{metric->name,
                metric->label,
                Chart::Kind::bars,
                "",
                metric->label,
                {},
                {{metric->label, {}, {}}}};
    for (const auto& variant : plan.variants) {
      const auto found = collect(runs, variant.name, metric->name);
      if (found.value.empty()) continue;
      std::vector<Cell> row = {variant.name,      metric->name,           std::ssize(found.value),
                               mean(found.value), deviation(found.value), mean(found.low),
                               mean(found.high)};
      const auto difference = difference_cells(found.value, first.value);
      row.insert(row.end(), difference.begin(), difference.end());
      row.emplace_back(evidence_text(found.evidence));
      table.rows.push_back(std::move(row));
      chart.categories.push_back(variant.name);
      chart.series[0].add({mean(found.value), mean(found.low), mean(found.high)});
    }
    result.charts.push_back(std::move(chart));
  }
  result.tables = {table_of_means(plan, runs), std::move(table)};
  if (!plan.paper.rows.empty()) {
    result.tables.insert(result.tables.begin(), table_of_paper(plan, runs));
  }
  return result;
}

}  // namespace afterimage
