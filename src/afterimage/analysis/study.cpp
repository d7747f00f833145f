#include "afterimage/analysis/study.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "afterimage/base/config.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/evaluation/statistics.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

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
};

const Score* score_of(const Scores& scores, const std::string& metric) {
  for (const auto& set : scores.sets) {
    if (set.control) continue;
    for (const auto& score : set.scores) {
      if (score.metric == metric && score.not_computed.empty()) return &score;
    }
  }
  return nullptr;
}

PerSeed collect(const std::vector<StudyRun>& runs, const std::string& variant,
                const std::string& metric) {
  PerSeed out;
  for (const auto& run : runs) {
    if (run.variant != variant) continue;
    const Score* score = score_of(run.scores, metric);
    if (score == nullptr) continue;
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

}  // namespace

StudyPlan StudyPlan::read(const fs::path& path, const std::string& named) {
  const Config file = Config::read(path);
  StudyPlan plan;
  std::string recording, config;
  std::map<std::string, Variant> variants;
  std::vector<std::string> order;
  for (const auto& [key, text, where] : file.entries()) {
    if (key.starts_with("set.")) {
      plan.shared.push_back(key.substr(4) + "=" + text);
    } else if (key.starts_with("variants.")) {
      const auto dot = key.find('.', 9);
      const std::string name = key.substr(9, dot - 9);
      Variant& variant = variants[name];
      variant.name = name;
      if (dot == std::string::npos) continue;
      const std::string option = key.substr(dot + 1);
      if (option == "config") {
        variant.config = text;
      } else if (option == "test") {
        variant.test = text;
      } else if (option.starts_with("prepare.")) {
        variant.prepare.push_back(option.substr(8) + "=" + text);
      } else {
        variant.settings.push_back(option + "=" + text);
      }
    } else {
      Options options = {Option("recording", recording, ""), Option("config", config, ""),
                         Option("seeds", plan.seeds, ""), Option("metrics", plan.metrics, "")};
      set_option(find_option(options, key, where), text, where);
    }
  }
  for (const auto& name : file.tables("variants")) {
    variants[name].name = name;
    order.push_back(name);
  }
  if (recording.empty() && named.empty()) {
    throw Error(path, "names no recording", "Add recording = \"FILE\", or name it (--recording)");
  }
  if (order.empty()) {
    throw Error(path, "has no variants", "Add a table for each, such as [variants.full]");
  }
  if (plan.seeds.empty()) throw Error(path, "has no seeds", "Add seeds = [1, 2, 3]");
  plan.recording = named.empty() ? path.parent_path() / recording : fs::path(named);
  for (const auto& name : order) {
    Variant variant = variants.at(name);
    if (variant.config.empty()) variant.config = config;
    if (variant.config.empty()) {
      throw Error(path, concat("variant '", name, "' has no configuration"),
                  "Add config = \"NAME\" above the variants");
    }
    const fs::path beside = path.parent_path() / variant.config;
    if (fs::is_regular_file(beside)) variant.config = beside.string();
    plan.variants.push_back(std::move(variant));
  }
  return plan;
}

namespace {

/// A row per variant and a column per metric: the form the papers print.
Table table_of_means(const StudyPlan& plan, const std::vector<StudyRun>& runs) {
  Table table{"means", "Mean over seeds", {"variant"}, {}};
  for (const auto* metric : find_metrics(plan.metrics)) table.columns.push_back(metric->name);
  for (const auto& variant : plan.variants) {
    std::vector<Cell> row = {variant.name};
    for (const auto* metric : find_metrics(plan.metrics)) {
      const auto values = collect(runs, variant.name, metric->name).value;
      row.emplace_back(values.empty() ? NAN : mean(values));
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
               "difference low", "difference high"},
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
      table.rows.push_back(std::move(row));
      chart.categories.push_back(variant.name);
      chart.series[0].add({mean(found.value), mean(found.low), mean(found.high)});
    }
    result.charts.push_back(std::move(chart));
  }
  result.tables = {table_of_means(plan, runs), std::move(table)};
  return result;
}

}  // namespace afterimage
