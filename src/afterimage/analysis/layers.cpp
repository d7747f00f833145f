#include "afterimage/analysis/layers.h"

#include "afterimage/analysis/conditions.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/bins.h"

namespace afterimage {
namespace {

/// "alexnet-conv3-correlation" -> "conv3".
std::string layer_of(const Metric& metric) {
  const auto parts = afterimage::split(metric.name, '-');
  return parts.size() > 2 ? parts[1] : metric.name;
}

struct Row {
  Condition condition;
  std::vector<Estimate> correlation;  ///< of each layer
};

std::vector<double> relative(const std::vector<Estimate>& layers) {
  double sum = 0;
  for (const auto& layer : layers) sum += layer.value;
  std::vector<double> shares;
  for (const auto& layer : layers) shares.push_back(layer.value / sum);
  return shares;
}

/// One bar for every condition, cut into the shares of the layers; and the correlations beside
/// each other.
void add_charts(AnalysisResult& result, const std::string& name, const std::string& title,
                const std::vector<Row>& rows, const std::vector<std::string>& layers) {
  Chart absolute, shares;
  absolute.name = name + "-absolute";
  absolute.title = "Feature correlation, " + title;
  absolute.y_label = "correlation";
  shares.name = name + "-relative";
  shares.title = "Share of each layer, " + title;
  shares.kind = Chart::Kind::stacked;
  shares.y_label = "share of the sum over layers";
  for (const auto& row : rows) {
    absolute.categories.push_back(row.condition.name);
    shares.categories.push_back(row.condition.name);
  }
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    Series values{layers[layer], {}, {}}, parts = values;
    for (const auto& row : rows) {
      values.add(row.correlation[layer]);
      parts.y.push_back(relative(row.correlation)[layer]);
    }
    absolute.series.push_back(values);
    shares.series.push_back(parts);
  }
  result.charts.push_back(absolute);
  result.charts.push_back(shares);
}

}  // namespace

Options Layers::options() {
  return Options{Option("split", split_, "trials to reconstruct")} + baseline_.options();
}

AnalysisResult Layers::analyse(Model& model, const Recording& recording, const RunContext& run) {
  Conditions test(model, recording, split_, baseline_.of(model, recording), run);
  const auto metrics = layer_metrics(test.truth(), run);
  std::vector<std::string> layers;
  for (const auto* metric : metrics) layers.push_back(layer_of(*metric));

  std::vector<Row> rows;
  const auto all = conditions_in_time(model.input());
  Progress progress(run, "Layers", std::ssize(all), "condition");
  for (const auto& condition : all) {
    progress.advance();
    if (condition.windows.starts_with("all but")) continue;
    const auto scores = test.score(test.reconstruct(condition.kept), metrics);
    Row row{condition, {}};
    for (const auto* metric : metrics) row.correlation.push_back(scores.at(metric->name));
    rows.push_back(row);
  }

  AnalysisResult result;
  result.name = "layers";
  result.title = "Layers of vision: " + model.name();
  result.lead = concat("Correlation of the features of ", test.count(),
                       " reconstructions with those of the images shown, in layers of ",
                       afterimage::split(metrics.front()->name, '-').front(),
                       "; regions and windows left out stand at ", baseline_.text(),
                       ". Windows: ", bins_text(model.input().bins), ".");
  const auto pick = [&rows](auto wanted) {
    std::vector<Row> some;
    for (const auto& row : rows) {
      if (wanted(row.condition)) some.push_back(row);
    }
    return some;
  };
  add_charts(result, "regions", "one region alone",
             pick([](const Condition& c) { return c.windows == "all"; }), layers);
  if (model.input().bins.size() > 1) {
    add_charts(result, "windows", "one window of all regions",
               pick([](const Condition& c) { return c.regions == "all" && c.windows != "all"; }),
               layers);
    add_charts(result, "windows-of-regions", "one window of one region",
               pick([](const Condition& c) { return c.regions != "all" && c.windows != "all"; }),
               layers);
  }
  Table table{
      "layers",
      "Feature correlation of each layer, its 95 % bootstrap interval over images, and its share "
      "of the sum over layers",
      {"regions", "windows", "layer", "correlation", "low", "high", "share"},
      {}};
  for (const auto& row : rows) {
    const auto shares = relative(row.correlation);
    for (size_t layer = 0; layer < layers.size(); ++layer) {
      const Estimate& score = row.correlation[layer];
      table.rows.push_back({row.condition.regions, row.condition.windows, layers[layer],
                            score.value, score.low, score.high, shares[layer]});
    }
  }
  result.tables.push_back(table);
  return result;
}

}  // namespace afterimage
