#include "afterimage/analysis/colour.h"

#include <ATen/ATen.h>

#include "afterimage/analysis/conditions.h"
#include "afterimage/base/text.h"

namespace afterimage {

Options Colour::options() {
  return Options{Option("split", split_, "trials to reconstruct")} + baseline_.options() +
         Options{Option("bars", bars_, "bins of the histograms").range(2, 1000)};
}

AnalysisResult Colour::analyse(Model& model, const Recording& recording, const RunContext& run) {
  Conditions test(model, recording, split_, baseline_.of(model, recording), run);
  std::vector<std::pair<std::string, at::Tensor>> sets = {{"shown", colourfulness(test.truth())}};
  for (const auto& condition : conditions_in_space(model.input())) {
    sets.emplace_back(condition.name, colourfulness(test.reconstruct(condition.kept)));
  }
  double most = 1e-6;
  for (const auto& [name, values] : sets) most = std::max(most, values.max().item<double>());

  AnalysisResult result;
  result.name = "colour";
  result.title = "Colourfulness: " + model.name();
  result.lead = concat("Colourfulness of ", test.count(),
                       " images, as shown and as reconstructed from all regions or from one alone "
                       "(the others at ",
                       baseline_.text(), ").");
  Chart chart;
  chart.name = "histogram";
  chart.title = "Distribution of colourfulness";
  chart.kind = Chart::Kind::lines;
  chart.x_label = "colourfulness";
  chart.y_label = "images";
  Table means{"colourfulness",
              "Mean (with its 95 % bootstrap interval), standard deviation and median over images",
              {"images of", "mean", "low", "high", "sd", "median"},
              {}};
  Chart bars;
  bars.name = "means";
  bars.title = "Mean colourfulness (95 % intervals over images)";
  bars.y_label = "colourfulness";
  bars.series = {{"colourfulness", {}, {}}};
  for (const auto& [name, values] : sets) {
    const auto counts = at::histc(values.to(at::kDouble), bars_, 0, most);
    Series series{name, {}, {}};
    for (int64_t i = 0; i < bars_; ++i) {
      series.x.push_back((static_cast<double>(i) + 0.5) * most / static_cast<double>(bars_));
      series.y.push_back(counts[i].item<double>());
    }
    chart.series.push_back(series);
    const Estimate mean = mean_over_images(values, run);
    means.rows.push_back({name, mean.value, mean.low, mean.high,
                          values.std(/*unbiased=*/false).item<double>(),
                          values.median().item<double>()});
    bars.categories.push_back(name);
    bars.series[0].add(mean);
  }
  result.charts = {chart, bars};
  result.tables = {means};
  return result;
}

}  // namespace afterimage
