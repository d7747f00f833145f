#include "afterimage/analysis/responses.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/analysis/conditions.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/sensor_groups.h"
#include "afterimage/recordings/areas.h"

namespace afterimage {
namespace {

/// Arrays or ROIs in the order they are shown.
std::vector<SensorGroup> shown_groups(const Sensors& sensors, const std::string& by) {
  const auto groups = sensor_groups(sensors, by);
  std::vector<std::string> names;
  for (const auto& group : groups) names.push_back(group.name);
  std::vector<SensorGroup> ordered;
  for (const size_t row : shown_order(names)) ordered.push_back(groups[row]);
  return ordered;
}

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

/// What one group of responses adds to the images.
struct Contribution {
  SensorGroup group;
  Estimate added, saliency;            // mean over pixels
  at::Tensor added_map, saliency_map;  // mean over images and channels: (y, x)
  at::Tensor differences;              // of the images shown: (image, 3, y, x)
};

/// Absolute values of (n, 3, y, x) as a mean per image.
at::Tensor per_image(const at::Tensor& differences) { return differences.abs().mean({1, 2, 3}); }

Contribution contribution(Conditions& test, const at::Tensor& whole, const SensorGroup& group,
                          int64_t sensors, int64_t shown, const RunContext& run) {
  auto member = at::zeros({sensors, 1}, at::kBool);
  member.index_fill_(0, at::tensor(group.sensors, at::kLong), true);
  const auto difference = whole - test.reconstruct(member.logical_not());
  constexpr double step = 0.1;
  const auto gain = [&](double by) {
    return test.reconstruct([&](const at::Tensor& responses, const std::vector<int64_t>&) {
      return at::where(member, responses * by, responses);
    });
  };
  const auto saliency = (gain(1 + step) - gain(1 - step)) / (2 * step);
  return {group,
          mean_over_images(per_image(difference), run),
          mean_over_images(per_image(saliency), run),
          difference.abs().mean(at::IntArrayRef{0, 1}),
          saliency.abs().mean(at::IntArrayRef{0, 1}),
          difference.narrow(0, 0, shown).clone()};
}

Table table_of(const std::vector<Contribution>& found) {
  Table table{"responses",
              "Mean absolute difference of pixels, and mean saliency, with 95 % bootstrap "
              "intervals over images",
              {"responses", "sensors", "added", "added low", "added high", "saliency",
               "saliency low", "saliency high"},
              {}};
  for (const auto& one : found) {
    table.rows.push_back({one.group.name, std::ssize(one.group.sensors), one.added.value,
                          one.added.low, one.added.high, one.saliency.value, one.saliency.low,
                          one.saliency.high});
  }
  return table;
}

Chart chart_of(const std::vector<Contribution>& found) {
  Chart chart{"amounts",
              "What responses add (95 % intervals over images)",
              Chart::Kind::bars,
              "",
              "mean absolute difference",
              {},
              {{"added", {}, {}}, {"saliency", {}, {}}}};
  for (const auto& one : found) {
    chart.categories.push_back(one.group.name);
    chart.series[0].add(one.added);
    chart.series[1].add(one.saliency);
  }
  return chart;
}

/// A column of what each adds to single images, after what was shown and the whole image.
ImageGrid grid_of_images(const std::vector<Contribution>& found, const at::Tensor& truth,
                         const at::Tensor& whole, const std::vector<std::string>& names) {
  ImageGrid grid{
      "added", "What each adds to single images (gray: nothing)", {"shown", "all"}, names, {}};
  const auto shown = std::ssize(names);
  std::vector<at::Tensor> columns = {truth.narrow(0, 0, shown), whole.narrow(0, 0, shown)};
  for (const auto& one : found) {
    grid.columns.push_back(one.group.name);
    columns.push_back(one.differences * 2 + 0.5);
  }
  grid.images = at::stack(columns, 1).flatten(0, 1);  // (row * column, 3, y, x)
  return grid;
}

/// Maps of one number per pixel as gray pictures, the largest value of a row white.
ImageGrid grid_of_maps(const std::vector<Contribution>& found) {
  ImageGrid grid{"maps",
                 "Where they add to images, and where these change with their gain",
                 {},
                 {"added", "saliency"},
                 {}};
  std::vector<at::Tensor> pictures;
  for (const auto map : {&Contribution::added_map, &Contribution::saliency_map}) {
    double most = 1e-12;
    for (const auto& one : found) most = std::max(most, (one.*map).max().item<double>());
    for (const auto& one : found) pictures.push_back((one.*map / most).expand({3, -1, -1}));
  }
  for (const auto& one : found) grid.columns.push_back(one.group.name);
  grid.images = at::stack(pictures);
  return grid;
}

}  // namespace

Options Responses::options() {
  return {Option("split", split_, "trials to reconstruct"),
          Option("by", by_, "responses taken together").one_of({"array", "roi"}),
          Option("sensors", sensors_, "single sensors by name, in place of arrays or ROIs"),
          Option("images", images_, "images shown").range(1, 100)};
}

AnalysisResult Responses::analyse(Model& model, const Recording& recording, const RunContext& run) {
  const auto& sensors = model.input().sensors;
  const auto groups =
      sensors_.empty() ? shown_groups(sensors, by_) : named_sensors(sensors, sensors_);
  Conditions test(model, recording, split_, {}, run);
  const auto whole = test.reconstruct_all();
  const int64_t shown = std::min(images_, test.count());
  std::vector<Contribution> found;
  Progress progress(run, "Responses", std::ssize(groups), "group");
  for (const auto& group : groups) {
    found.push_back(contribution(test, whole, group, sensors.count(), shown, run));
    progress.advance();
  }

  AnalysisResult result;
  result.name = "responses";
  result.title = "What responses add: " + model.name();
  result.lead = concat("Mean over ", test.count(),
                       " test images. Added: difference from the image with these responses at "
                       "their training mean. Saliency: change with a common gain on them.");
  result.grids = {grid_of_maps(found),
                  grid_of_images(found, test.truth(), whole, test.stimulus_names(shown))};
  result.charts = {chart_of(found)};
  result.tables = {table_of(found)};
  return result;
}

}  // namespace afterimage
