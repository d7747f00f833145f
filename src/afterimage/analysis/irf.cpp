#include "afterimage/analysis/irf.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/analysis/conditions.h"
#include "afterimage/analysis/field_overlap.h"
#include "afterimage/analysis/irf_maps.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/areas.h"

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

/// What was found of the arrays, in the order of the attention's arrays.
struct Found {
  IrfMaps maps;
  at::Tensor mean;                         // spatial, over images: (h, y, x)
  at::Tensor spatial_spread;               // standard deviation over images: (h, y, x)
  at::Tensor spatial, feature;             // the same over the mean weight: (h, y, x), (h, C)
  at::Tensor centre, known_centre, apart;  // (h, 2), (h, 2), (h)
  at::Tensor fields, overlap;              // known fields (h, y, x); (h, h'), NaN: not known
};

Found find(IrfMaps maps, const Sensors& sensors) {
  const auto& groups = maps.groups;
  Found found;
  found.mean = maps.spatial.mean(0);
  found.spatial_spread = maps.spatial.std(0, false);
  // Relative to the mean weight, so that the two kinds compare.
  found.spatial = found.spatial_spread / found.mean.clamp_min(1e-12);
  found.feature = maps.feature.std(0, false) / maps.feature.mean(0).clamp_min(1e-12);
  found.centre = centres(found.mean);
  found.known_centre = known_centres(sensors, groups);
  found.apart = (found.centre - found.known_centre).norm(2, {1});
  found.fields = array_fields(sensors, groups, found.mean.size(2));
  found.overlap = overlaps(found.mean, found.fields).to(at::kDouble);
  found.maps = std::move(maps);
  return found;
}

double number(const at::Tensor& value) { return value.item<double>(); }

Table array_table(const Found& found) {
  Table table{"arrays",
              "Every array's inverse receptive field",
              {"array", "mean weight", "spatial deviation", "feature deviation", "x", "y",
               "known x", "known y", "distance", "overlap", "overlap with others"},
              {}};
  for (const size_t row : shown_order(found.maps.arrays)) {
    const auto h = static_cast<int64_t>(row);
    table.rows.push_back(
        {found.maps.arrays[row], number(found.mean[h].mean()), number(found.spatial[h].mean()),
         number(found.feature[h].mean()), number(found.centre[h][0]), number(found.centre[h][1]),
         number(found.known_centre[h][0]), number(found.known_centre[h][1]), number(found.apart[h]),
         number(found.overlap[h][h]), number(mean_of_others(found.overlap[h], h))});
  }
  return table;
}

ImageGrid spatial_grid(const Found& found) {
  ImageGrid grid{"spatial",
                 "Spatial inverse receptive fields over images, and the known field (each from its "
                 "least to its largest, the border aside)",
                 {"mean", "deviation", "known"},
                 in_shown_order(found.maps.arrays),
                 {}};
  std::vector<at::Tensor> pictures;
  for (const size_t row : shown_order(found.maps.arrays)) {
    const auto h = static_cast<int64_t>(row);
    for (const auto& map :
         {found.mean[h], found.spatial_spread[h], found.fields[h].nan_to_num(0)}) {
      pictures.push_back(picture(map));
    }
  }
  grid.images = at::stack(pictures);
  return grid;
}

Table summary_table(const Found& found, int64_t permutations, const RunContext& run) {
  Table summary{"summary", "All arrays together", {"what", "value"}, {}};
  summary.rows.push_back({"spatial deviation", number(found.spatial.mean())});
  summary.rows.push_back({"feature deviation", number(found.feature.mean())});
  const auto by_chance = [&](const at::Tensor& likeness, const char* purpose) {
    return matched_by_chance(likeness, permutations, run.generator(purpose));
  };
  const auto rows_of = [](const at::Tensor& known_of_array) {
    return known_of_array.isfinite().nonzero().squeeze(1);
  };
  const auto mapped = rows_of(found.apart), sized = rows_of(found.overlap.diagonal());
  if (mapped.numel() > 1) {
    const auto from = found.centre.index_select(0, mapped);
    const auto to = found.known_centre.index_select(0, mapped);
    const auto distance = (from.unsqueeze(1) - to.unsqueeze(0)).norm(2, {2});  // (h, h')
    summary.rows.push_back(
        {"distance from the known fields", number(found.apart.index_select(0, mapped).mean())});
    summary.rows.push_back(
        {"p of a distance as small by chance", by_chance(-distance, "permutations")});
  }
  if (sized.numel() > 1) {
    const auto among = found.overlap.index_select(0, sized).index_select(1, sized);
    const auto count = static_cast<double>(sized.numel());
    const auto own = among.diagonal().mean();
    summary.rows.push_back({"overlap with the known fields (correlation)", number(own)});
    summary.rows.push_back({"overlap with the known fields of other arrays",
                            number((among.mean() * count - own) / (count - 1))});
    summary.rows.push_back(
        {"p of an overlap as large by chance", by_chance(among, "permutations of the overlap")});
  }
  return summary;
}

/// The fields themselves, image by image, as the attention has its arrays.
std::vector<NamedArray> arrays_of(const Found& found, const std::vector<std::string>& stimuli) {
  const auto& arrays = found.maps.arrays;
  return {{"spatial-fields",
           "Spatial inverse receptive fields: attention weights averaged over features",
           {"stimulus", "array", "y", "x"},
           found.maps.spatial,
           {{"stimulus", stimuli}, {"array", arrays}}},
          {"feature-fields",
           "Feature inverse receptive fields: attention weights averaged over space",
           {"stimulus", "array", "feature"},
           found.maps.feature,
           {{"stimulus", stimuli}, {"array", arrays}}},
          {"known-fields",
           "Known fields: the sum of the array's sensors' Gaussians, each of unit mass over the "
           "stimulus; NaN where none is known",
           {"array", "y", "x"},
           found.fields,
           {{"array", arrays}}}};
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
    chart.categories.push_back(shown(most * (static_cast<double>(i) + 0.5) / classes));
    series.y.push_back(counts[i].item<double>() / static_cast<double>(values.numel()));
  }
  chart.series.push_back(series);
  return chart;
}

}  // namespace

Options Irf::options() {
  return {Option("split", split_, "trials whose attention is averaged"),
          Option("permutations", permutations_, "orders of the arrays the test tries").range(99)};
}

AnalysisResult Irf::analyse(Model& model, const Recording& recording, const RunContext& run) {
  const Conditions test(model, recording, split_, {}, run);
  const Found found = find(inverse_receptive_fields(model, test.samples()), model.input().sensors);
  AnalysisResult result;
  result.name = "irf";
  result.title = "Inverse receptive fields: " + model.name();
  result.lead =
      concat("Attention weights of ", found.maps.arrays.size(), " arrays over ", test.count(),
             " test images. Deviations are across images, over the mean weight.");
  result.tables = {summary_table(found, permutations_, run), array_table(found)};
  result.charts = {histogram("spatial-deviation", "How much spatial fields change", found.spatial),
                   histogram("feature-deviation", "How much feature fields change", found.feature)};
  result.grids = {spatial_grid(found)};
  result.arrays = arrays_of(found, test.stimulus_names(test.count()));
  return result;
}

}  // namespace afterimage
