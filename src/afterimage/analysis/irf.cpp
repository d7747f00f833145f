#include "afterimage/analysis/irf.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/analysis/conditions.h"
#include "afterimage/analysis/field_overlap.h"
#include "afterimage/analysis/irf_maps.h"
#include "afterimage/base/text.h"

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

/// A map as a picture: its range, taken without the border, is black to white. Near the border the
/// score convolution sees less than its whole kernel, and those few rows would decide alone.
at::Tensor picture(const at::Tensor& map) {  // (y, x) -> (3, y, x)
  const int64_t side = map.size(0), border = side / 16 + 1, inside = side - 2 * border;
  const auto middle = inside > 0 ? map.narrow(0, border, inside).narrow(1, border, inside) : map;
  const auto [low, high] = at::aminmax(middle);
  return ((map - low) / (high - low).clamp_min(1e-12)).clamp(0, 1).expand({3, -1, -1});
}

/// The mean of those that are known, but of array h.
at::Tensor mean_of_others(const at::Tensor& overlap, int64_t h) {
  auto others = overlap.clone();
  others[h] = NAN;
  return others.nanmean();
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
  const auto& groups = maps.groups;
  const auto mean = maps.spatial.mean(0);  // (h, y, x)
  // Relative to the mean weight, so that the two kinds compare.
  const auto spatial = maps.spatial.std(0, false) / mean.clamp_min(1e-12);
  const auto feature =
      maps.feature.std(0, false) / maps.feature.mean(0).clamp_min(1e-12);  // (h, C)
  const auto ours = centres(mean), known = known_centres(sensors, groups);
  const auto apart = (ours - known).norm(2, {1});
  const auto fields = array_fields(sensors, groups, mean.size(2));
  const auto overlap = overlaps(mean, fields).to(at::kDouble);  // (h, h'), NaN: field not known
  const auto rows_of = [](const at::Tensor& known_of_array) {
    return known_of_array.isfinite().nonzero().squeeze(1);
  };
  const auto mapped = rows_of(apart), sized = rows_of(overlap.diagonal());
  const auto among = overlap.index_select(0, sized).index_select(1, sized);

  AnalysisResult result;
  result.name = "irf";
  result.title = "Inverse receptive fields: " + model.name();
  result.lead = concat("Attention weights of ", maps.arrays.size(), " arrays over ", test.count(),
                       " test images. Deviations are across images, over the mean weight.");
  Table table{"arrays",
              "Every array's inverse receptive field",
              {"array", "mean weight", "spatial deviation", "feature deviation", "x", "y",
               "known x", "known y", "distance", "overlap", "overlap with others"},
              {}};
  const auto number = [](const at::Tensor& value) { return cell(value.item<double>()); };
  ImageGrid grid{"spatial",
                 "Spatial inverse receptive fields over images, and the known field (each from its "
                 "least to its largest, the border aside)",
                 {"mean", "deviation", "known"},
                 maps.arrays,
                 {}};
  std::vector<at::Tensor> pictures;
  for (int64_t h = 0; h < mean.size(0); ++h) {
    table.rows.push_back({maps.arrays[static_cast<size_t>(h)], number(mean[h].mean()),
                          number(spatial[h].mean()), number(feature[h].mean()), number(ours[h][0]),
                          number(ours[h][1]), number(known[h][0]), number(known[h][1]),
                          number(apart[h]), number(overlap[h][h]),
                          number(mean_of_others(overlap[h], h))});
    for (const auto& map :
         {mean[h], maps.spatial.select(1, h).std(0, false), fields[h].nan_to_num(0)}) {
      pictures.push_back(picture(map));
    }
  }
  grid.images = at::stack(pictures);
  Table summary{"summary", "All arrays together", {"what", "value"}, {}};
  summary.rows.push_back({"spatial deviation", number(spatial.mean())});
  summary.rows.push_back({"feature deviation", number(feature.mean())});
  const auto by_chance = [&](const at::Tensor& likeness, const char* purpose) {
    return cell(matched_by_chance(likeness, permutations_, run.generator(purpose)));
  };
  if (mapped.numel() > 1) {
    const auto from = ours.index_select(0, mapped), to = known.index_select(0, mapped);
    const auto distance = (from.unsqueeze(1) - to.unsqueeze(0)).norm(2, {2});  // (h, h')
    summary.rows.push_back(
        {"distance from the known fields", number(apart.index_select(0, mapped).mean())});
    summary.rows.push_back(
        {"p of a distance as small by chance", by_chance(-distance, "permutations")});
  }
  if (sized.numel() > 1) {
    const auto count = static_cast<double>(sized.numel());
    const auto own = among.diagonal().mean();
    summary.rows.push_back({"overlap with the known fields (correlation)", number(own)});
    summary.rows.push_back({"overlap with the known fields of other arrays",
                            number((among.mean() * count - own) / (count - 1))});
    summary.rows.push_back(
        {"p of an overlap as large by chance", by_chance(among, "permutations of the overlap")});
  }
  result.tables = {summary, table};
  result.charts = {histogram("spatial-deviation", "How much spatial fields change", spatial),
                   histogram("feature-deviation", "How much feature fields change", feature)};
  result.grids.push_back(grid);
  return result;
}

}  // namespace afterimage
