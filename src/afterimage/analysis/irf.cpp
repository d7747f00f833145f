#include "afterimage/analysis/irf.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/analysis/conditions.h"
#include "afterimage/analysis/irf_maps.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/attention.h"

namespace afterimage {
namespace {

/// The centre of each map's excess over its median, in stimulus coordinates. (h, 2)
at::Tensor centres(const at::Tensor& maps) {  // (h, y, x)
  const int64_t side = maps.size(2);
  const auto excess = (maps - std::get<0>(maps.flatten(1).median(1)).view({-1, 1, 1})).clamp_min(0);
  const auto grid = (at::arange(side, at::kFloat) + 0.5) / static_cast<double>(side);
  const auto sum = excess.sum({1, 2}).clamp_min(1e-30);
  return at::stack({(excess.sum(1) * grid).sum(1) / sum, (excess.sum(2) * grid).sum(1) / sum}, 1)
      .to(at::kDouble);
}

/// Mean centre of each array's mapped sensors; NaN where none is. (h, 2)
at::Tensor known_centres(const Sensors& sensors, const std::vector<SensorGroup>& groups) {
  std::vector<double> all;
  for (const auto& group : groups) {
    double x = 0, y = 0, count = 0;
    for (const int64_t s : group.sensors) {
      if (!sensors.mapped(s)) continue;
      x += sensors.x[static_cast<size_t>(s)];
      y += sensors.y[static_cast<size_t>(s)];
      ++count;
    }
    all.push_back(x / count);
    all.push_back(y / count);
  }
  return at::tensor(all, at::kDouble).view({-1, 2});
}

/// How often arrays in another order lie as near to the known centres: one-sided, the given order
/// counted in.
double nearer_by_chance(const at::Tensor& ours, const at::Tensor& known, int64_t permutations,
                        const at::Generator& random) {
  const auto distance = (ours.unsqueeze(1) - known.unsqueeze(0)).norm(2, {2});  // (h, h)
  const double given = distance.diagonal().mean().item<double>();
  int64_t as_near = 1;
  for (int64_t i = 0; i < permutations; ++i) {
    const auto order = at::randperm(ours.size(0), random);
    as_near += distance.gather(1, order.unsqueeze(1)).mean().item<double>() <= given + 1e-12;
  }
  return static_cast<double>(as_near) / static_cast<double>(permutations + 1);
}

/// Deviations of all arrays in 20 classes: one row of bars for each kind.
Chart histogram(const std::string& name, const std::string& title, const at::Tensor& values) {
  constexpr int64_t classes = 20;
  const double most = std::max(values.max().item<double>(), 1e-12);
  const auto counts = at::histc(values.flatten().to(at::kFloat), classes, 0, most);
  Chart chart{
      name, title, Chart::Kind::bars, "standard deviation across stimuli, over the mean", "share",
      {},   {}};
  Series series{name, {}, {}};
  for (int64_t i = 0; i < classes; ++i) {
    chart.categories.push_back(cell(most * (static_cast<double>(i) + 0.5) / classes));
    series.y.push_back(counts[i].item<double>() / static_cast<double>(values.numel()));
  }
  chart.series.push_back(series);
  return chart;
}

}  // namespace

Fields Irf::fields() {
  return {Field("split", split_, "trials whose attention is averaged"),
          Field("permutations", permutations_, "orders of the arrays the test tries").range(99)};
}

AnalysisResult Irf::analyse(Model& model, const Recording& recording, const RunContext& run) {
  const Conditions test(model, recording, split_, baseline_responses("mean", model, recording),
                        run);
  const IrfMaps maps = inverse_receptive_fields(model, test.responses());
  const auto& sensors = model.input().sensors;
  const auto groups = attention_groups(sensors);
  const auto mean = maps.spatial.mean(0);  // (h, y, x)
  // Relative to the mean weight, so that the two kinds compare.
  const auto spatial = maps.spatial.std(0, false) / mean.clamp_min(1e-12);
  const auto feature =
      maps.feature.std(0, false) / maps.feature.mean(0).clamp_min(1e-12);  // (h, C)
  const auto ours = centres(mean), known = known_centres(sensors, groups);
  const auto apart = (ours - known).norm(2, {1});
  const auto mapped = apart.isfinite().nonzero().squeeze(1);

  AnalysisResult result;
  result.name = "irf";
  result.title = "Inverse receptive fields: " + model.name();
  result.lead = concat("Attention weights of ", maps.arrays.size(), " arrays over ", test.count(),
                       " test images. Deviations are across images, over the mean weight.");
  Table table{"arrays",
              "Every array's inverse receptive field",
              {"array", "mean weight", "spatial deviation", "feature deviation", "x", "y",
               "known x", "known y", "distance"},
              {}};
  const auto number = [](const at::Tensor& value) { return cell(value.item<double>()); };
  ImageGrid grid{"spatial",
                 "Spatial inverse receptive fields, mean over images (each to its largest)",
                 {"mean", "deviation"},
                 maps.arrays,
                 {}};
  std::vector<at::Tensor> pictures;
  for (int64_t h = 0; h < mean.size(0); ++h) {
    table.rows.push_back({maps.arrays[static_cast<size_t>(h)], number(mean[h].mean()),
                          number(spatial[h].mean()), number(feature[h].mean()), number(ours[h][0]),
                          number(ours[h][1]), number(known[h][0]), number(known[h][1]),
                          number(apart[h])});
    for (const auto& map : {mean[h], maps.spatial.select(1, h).std(0, false)}) {
      pictures.push_back((map / map.max().clamp_min(1e-12)).expand({3, -1, -1}));
    }
  }
  grid.images = at::stack(pictures);
  Table summary{"summary", "All arrays together", {"what", "value"}, {}};
  summary.rows.push_back({"spatial deviation", number(spatial.mean())});
  summary.rows.push_back({"feature deviation", number(feature.mean())});
  if (mapped.numel() > 1) {
    summary.rows.push_back(
        {"distance from the known fields", number(apart.index_select(0, mapped).mean())});
    summary.rows.push_back(
        {"p of a distance as small by chance",
         cell(nearer_by_chance(ours.index_select(0, mapped), known.index_select(0, mapped),
                               permutations_, run.generator("permutations")))});
  }
  result.tables = {summary, table};
  result.charts = {histogram("spatial-deviation", "How much spatial fields change", spatial),
                   histogram("feature-deviation", "How much feature fields change", feature)};
  result.grids.push_back(grid);
  return result;
}

}  // namespace afterimage
