#include "afterimage/analysis/occlusion.h"

#include <ATen/ATen.h>

#include "afterimage/analysis/conditions.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/bins.h"

namespace afterimage {
namespace {

/// A condition and what came of it.
struct Outcome {
  Condition condition;
  at::Tensor images;  // the first few
  std::map<std::string, Estimate> scores;
};

Table score_table(const std::vector<Outcome>& outcomes, const std::vector<const Metric*>& metrics) {
  Table table{
      "scores",
      "Every metric under every condition, its 95 % bootstrap interval over images, and its change "
      "from seeing everything",
      {"regions", "windows", "metric", "value", "low", "high", "change"},
      {}};
  for (const auto& outcome : outcomes) {
    for (const auto* metric : metrics) {
      const Estimate& score = outcome.scores.at(metric->name);
      const double whole = outcomes.front().scores.at(metric->name).value;
      table.rows.push_back({outcome.condition.regions, outcome.condition.windows, metric->name,
                            score.value, score.low, score.high, score.value - whole});
    }
  }
  return table;
}

/// Images of the conditions that `chosen` picks: a column each, after what was shown.
template <typename Chosen>
ImageGrid image_grid(const std::string& name, const std::string& title,
                     const std::vector<Outcome>& outcomes, const at::Tensor& truth,
                     const std::vector<std::string>& rows, Chosen chosen) {
  ImageGrid grid{name, title, {"shown"}, rows, {}};
  const auto count = static_cast<int64_t>(rows.size());
  std::vector<at::Tensor> columns = {truth.narrow(0, 0, count)};
  for (const auto& outcome : outcomes) {
    if (!chosen(outcome.condition)) continue;
    grid.columns.push_back(outcome.condition.name);
    columns.push_back(outcome.images);
  }
  grid.images = at::stack(columns, 1).flatten(0, 1);  // (row * column, 3, y, x)
  return grid;
}

/// Of each image every condition (MonkeySee, Fig. 3): a row per region, a column per choice of
/// windows, in the order of the conditions, after what was shown.
std::vector<ImageGrid> condition_grids(const std::vector<Outcome>& outcomes,
                                       const at::Tensor& truth,
                                       const std::vector<std::string>& names) {
  std::vector<ImageGrid> grids;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto image = static_cast<int64_t>(i);
    ImageGrid grid{concat("conditions-", i + 1), names[i], {"shown"}, {}, {}};
    std::vector<at::Tensor> cells;
    for (const auto& [condition, images, scores] : outcomes) {
      if (condition.windows == "all") {
        grid.rows.push_back(condition.regions);
        cells.push_back(truth[image]);
      }
      if (grid.rows.size() == 1) grid.columns.push_back(condition.windows);
      cells.push_back(images[image]);
    }
    grid.images = at::stack(cells);
    grids.push_back(grid);
  }
  return grids;
}

/// One metric for every window: alone, and what is lost without it; a series per region.
Chart window_chart(const std::vector<Outcome>& outcomes, const Metric& metric, int64_t bins,
                   bool only) {
  Chart chart;
  chart.name = concat(metric.name, only ? "-only" : "-without");
  chart.title = concat(metric.label, only ? " from one window alone" : " without one window");
  chart.x_label = "window";
  chart.y_label = metric.label;
  for (int64_t bin = 0; bin < bins; ++bin) chart.categories.push_back(std::to_string(bin + 1));
  const std::string kind = only ? "only" : "all but";
  for (const auto& outcome : outcomes) {
    if (!outcome.condition.windows.starts_with(kind)) continue;
    if (chart.series.empty() || chart.series.back().name != outcome.condition.regions) {
      chart.series.push_back({outcome.condition.regions, {}, {}});
    }
    chart.series.back().add(outcome.scores.at(metric.name));
  }
  return chart;
}

Chart region_chart(const std::vector<Outcome>& outcomes, const Metric& metric) {
  Chart chart;
  chart.name = metric.name + "-regions";
  chart.title = metric.label + " from one region alone";
  chart.y_label = metric.label;
  chart.series = {{metric.label, {}, {}}};
  for (const auto& outcome : outcomes) {
    if (outcome.condition.windows != "all") continue;
    chart.categories.push_back(outcome.condition.regions);
    chart.series[0].add(outcome.scores.at(metric.name));
  }
  return chart;
}

}  // namespace

Options Occlusion::options() {
  const Options own = {
      Option("metrics", metrics_, "metrics ('afterimage list metrics'), or all"),
      Option("images", images_, "images shown of each condition").range(1, 1000),
  };
  return Options{Option("split", split_, "trials to reconstruct")} + baseline_.options() + own;
}

AnalysisResult Occlusion::analyse(Model& model, const Recording& recording, const RunContext& run) {
  const auto bins = std::ssize(model.input().bins);
  Conditions test(model, recording, split_, baseline_.of(model, recording), run);
  const auto metrics = computable_metrics(metrics_, test.truth(), run);
  const auto conditions = conditions_in_time(model.input());
  const int64_t shown = std::min(images_, test.count());

  std::vector<Outcome> outcomes;
  Progress progress(run, "Occlusion", std::ssize(conditions), "condition");
  for (const auto& condition : conditions) {
    const auto images = test.reconstruct(condition.kept);
    outcomes.push_back(
        {condition, images.narrow(0, 0, shown).clone(), test.score(images, metrics)});
    progress.advance();
  }

  AnalysisResult result;
  result.name = "occlusion";
  result.title = "Occlusion: " + model.name();
  result.lead = concat(test.count(), " test images reconstructed under ", conditions.size(),
                       " conditions; responses kept from the decoder stand at ", baseline_.text(),
                       ". Error bars are 95 % bootstrap intervals over images. Windows: ",
                       bins_text(model.input().bins), ".");
  const auto rows = test.stimulus_names(shown);
  result.grids.push_back(image_grid("regions", "One region alone, the others at baseline", outcomes,
                                    test.truth(), rows,
                                    [](const Condition& c) { return c.windows == "all"; }));
  if (bins > 1) {
    result.lead += " Every condition of every image shown is in multiples.html.";
    result.multiples = condition_grids(outcomes, test.truth(), rows);
    for (const std::string kind : {"only", "all but"}) {
      result.grids.push_back(image_grid(
          kind == "only" ? "one-window" : "without-one-window",
          kind == "only" ? "All regions, one window alone" : "All regions, all windows but one",
          outcomes, test.truth(), rows, [&kind](const Condition& c) {
            return c.regions == "all" && (c.windows == "all" || c.windows.starts_with(kind));
          }));
    }
  }
  for (const auto* metric : metrics) {
    if (!metric->name.ends_with("-correlation")) continue;
    result.charts.push_back(region_chart(outcomes, *metric));
    if (bins < 2) continue;
    result.charts.push_back(window_chart(outcomes, *metric, bins, true));
    result.charts.push_back(window_chart(outcomes, *metric, bins, false));
  }
  result.tables.push_back(score_table(outcomes, metrics));
  return result;
}

}  // namespace afterimage
