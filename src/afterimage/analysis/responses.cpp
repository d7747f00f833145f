#include "afterimage/analysis/responses.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/analysis/conditions.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/sensor_groups.h"

namespace afterimage {
namespace {

std::vector<SensorGroup> named_sensors(const Sensors& sensors,
                                       const std::vector<std::string>& names) {
  std::vector<SensorGroup> groups;
  for (const auto& name : names) {
    const auto place = std::find(sensors.name.begin(), sensors.name.end(), name);
    if (place == sensors.name.end()) {
      throw Error("sensors", "there is no sensor '" + name + "'", suggestion(name, sensors.name));
    }
    groups.push_back({name, {place - sensors.name.begin()}});
  }
  return groups;
}

/// A map of one number per pixel as a gray picture, its largest value white.
at::Tensor gray(const at::Tensor& map, double most) {
  return (map / std::max(most, 1e-12)).expand({3, -1, -1});
}

}  // namespace

Fields Responses::fields() {
  return {Field("split", split_, "trials to reconstruct"),
          Field("by", by_, "responses taken together").one_of({"array", "roi"}),
          Field("sensors", sensors_, "single sensors by name, in place of arrays or ROIs"),
          Field("images", images_, "images shown").range(1, 100)};
}

AnalysisResult Responses::analyse(Model& model, const Recording& recording, const RunContext& run) {
  const auto& sensors = model.input().sensors;
  const auto groups =
      sensors_.empty() ? sensor_groups(sensors, by_) : named_sensors(sensors, sensors_);
  Conditions test(model, recording, split_, baseline_responses("mean", model, recording), run);
  const auto whole = test.reconstruct_all();
  const int64_t shown = std::min(images_, test.count());

  AnalysisResult result;
  result.name = "responses";
  result.title = "What responses add: " + model.name();
  result.lead = concat("Mean over ", test.count(),
                       " test images. Added: difference from the image with these responses at "
                       "their training mean. Saliency: change with a common gain on them.");
  Table table{"responses",
              "Mean absolute difference of pixels, and mean saliency",
              {"responses", "sensors", "added", "saliency"},
              {}};
  std::vector<at::Tensor> added_maps, saliency_maps, differences;
  ImageGrid added{"added",
                  "What each adds to single images (gray: nothing)",
                  {"shown", "all"},
                  test.stimulus_names(shown),
                  {}};
  Progress progress(run, "Responses", std::ssize(groups), "group");
  for (const auto& group : groups) {
    auto member = at::zeros({sensors.count(), 1}, at::kBool);
    member.index_fill_(0, at::tensor(group.sensors, at::kLong), true);
    const auto without = test.reconstruct(member.logical_not());
    const auto difference = whole - without;
    constexpr double step = 0.1;
    const auto gain = [&](double by) {
      return test.of_responses(at::where(member, test.responses() * by, test.responses()));
    };
    const auto saliency = (gain(1 + step) - gain(1 - step)) / (2 * step);
    added_maps.push_back(difference.abs().mean({0, 1}));  // (y, x)
    saliency_maps.push_back(saliency.abs().mean({0, 1}));
    differences.push_back(difference.narrow(0, 0, shown).clone());
    added.columns.push_back(group.name);
    table.rows.push_back({group.name, std::to_string(group.sensors.size()),
                          cell(difference.abs().mean().item<double>()),
                          cell(saliency.abs().mean().item<double>())});
    progress.advance();
  }
  std::vector<at::Tensor> columns = {test.truth().narrow(0, 0, shown), whole.narrow(0, 0, shown)};
  for (const auto& difference : differences) columns.push_back(difference * 2 + 0.5);
  added.images = at::stack(columns, 1).flatten(0, 1);

  ImageGrid maps{"maps",
                 "Where they add to images, and where these change with their gain",
                 {},
                 {"added", "saliency"},
                 {}};
  std::vector<at::Tensor> pictures;
  for (const auto* kind : {&added_maps, &saliency_maps}) {
    const double most = at::stack(*kind).max().item<double>();
    for (const auto& map : *kind) pictures.push_back(gray(map, most));
  }
  for (const auto& group : groups) maps.columns.push_back(group.name);
  maps.images = at::stack(pictures);

  Chart chart{"added",
              "What responses add",
              Chart::Kind::bars,
              "",
              "mean absolute difference",
              {},
              {{"added", {}, {}}, {"saliency", {}, {}}}};
  for (size_t g = 0; g < groups.size(); ++g) {
    chart.categories.push_back(groups[g].name);
    chart.series[0].y.push_back(added_maps[g].mean().item<double>());
    chart.series[1].y.push_back(saliency_maps[g].mean().item<double>());
  }
  result.grids = {maps, added};
  result.charts = {chart};
  result.charts[0].name = "amounts";
  result.tables = {table};
  return result;
}

}  // namespace afterimage
