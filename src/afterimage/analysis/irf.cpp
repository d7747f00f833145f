#include "afterimage/analysis/irf.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/analysis/conditions.h"
#include "afterimage/analysis/field_overlap.h"
#include "afterimage/analysis/irf_deviations.h"
#include "afterimage/analysis/irf_maps.h"
#include "afterimage/analysis/irf_pictures.h"
#include "afterimage/base/batches.h"
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

/// The mean of those that are known, but of array h.
at::Tensor mean_of_others(const at::Tensor& overlap, int64_t h) {
  auto others = overlap.clone();
  others[h] = NAN;
  return others.nanmean();
}

/// What was found of the arrays, in the order of the attention's arrays.
struct Found {
  IrfMaps maps;
  IrfDeviations deviations;
  at::Tensor mean;                         // spatial, over images: (h, y, x)
  at::Tensor centre, known_centre, apart;  // (h, 2), (h, 2), (h)
  at::Tensor fields, overlap;              // known fields (h, y, x); (h, h'), NaN: not known
};

Found find(IrfMaps maps, const Sensors& sensors, bool relative) {
  const auto& groups = maps.groups;
  Found found;
  found.deviations = deviations_of(maps, relative);
  found.mean = maps.spatial.mean(0);
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
        {found.maps.arrays[row], number(found.mean[h].mean()),
         number(found.deviations.spatial[h].mean()), number(found.deviations.feature[h].mean()),
         number(found.centre[h][0]), number(found.centre[h][1]), number(found.known_centre[h][0]),
         number(found.known_centre[h][1]), number(found.apart[h]), number(found.overlap[h][h]),
         number(mean_of_others(found.overlap[h], h))});
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
         {found.mean[h], found.deviations.spatial[h], found.fields[h].nan_to_num(0)}) {
      pictures.push_back(map_picture(map));
    }
  }
  grid.images = at::stack(pictures);
  return grid;
}

Table summary_table(const Found& found, int64_t permutations, const RunContext& run) {
  Table summary{"summary", "All arrays together", {"what", "value"}, {}};
  summary.rows.push_back({"spatial deviation", number(found.deviations.spatial.mean())});
  summary.rows.push_back({"feature deviation", number(found.deviations.feature.mean())});
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

/// The fields themselves, image by image, and their deviations, as the attention has its arrays.
std::vector<NamedArray> arrays_of(const Found& found, const std::vector<std::string>& stimuli) {
  const auto& arrays = found.maps.arrays;
  const std::string unit = found.deviations.relative ? "standard deviation over the mean weight"
                                                     : "standard deviation of the weights";
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
           {{"array", arrays}}},
          {"spatial-deviations",
           concat("How much spatial fields change from image to image: ", unit),
           {"array", "y", "x"},
           found.deviations.spatial,
           {{"array", arrays}}},
          {"feature-deviations",
           concat("How much feature fields change from image to image: ", unit),
           {"array", "feature"},
           found.deviations.feature,
           {{"array", arrays}}}};
}

}  // namespace

Options Irf::options() {
  return {
      Option("split", split_, "trials whose attention is averaged"),
      Option("permutations", permutations_, "orders of the arrays the test tries").range(99),
      Option("images", images_, "images whose fields are shown").range(1, 1000),
      Option("deviation", deviation_,
             "how much fields change from image to image: the standard deviation of the weights "
             "itself, as in IRFA's Fig. 4B, or its ratio to the mean weight")
          .one_of({"absolute", "ratio"}),
      Option("classes", classes_, "classes of the histograms of that").range(2, 1000)};
}

AnalysisResult Irf::analyse(Model& model, const Recording& recording, const RunContext& run) {
  Conditions test(model, recording, split_, {}, run);
  const bool relative = deviation_ == "ratio";
  const Found found =
      find(inverse_receptive_fields(model, test.samples()), model.input().sensors, relative);
  AnalysisResult result;
  result.name = "irf";
  result.title = "Inverse receptive fields: " + model.name();
  result.lead =
      concat("Attention weights of ", found.maps.arrays.size(), " arrays over ", test.count(),
             " test images. Deviations are standard deviations across images",
             relative ? ", over the mean weight." : " of the weights themselves.");
  result.tables = {summary_table(found, permutations_, run), array_table(found),
                   deviation_table(found.deviations, classes_)};
  result.charts = deviation_charts(found.deviations, classes_);
  const auto shown = test.stimulus_names(std::min(images_, test.count()));
  const auto made =
      model.decoder().reconstruct(test.samples().responses(all_rows(std::ssize(shown))));
  result.grids = {stimulus_grid(found.maps, shown, test.truth(), made), spatial_grid(found)};
  result.arrays = arrays_of(found, test.stimulus_names(test.count()));
  return result;
}

}  // namespace afterimage
