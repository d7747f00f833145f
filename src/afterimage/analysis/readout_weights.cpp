#include "afterimage/analysis/readout_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/readouts.h"
#include "afterimage/formats/nifti.h"

namespace afterimage {
namespace {

constexpr int64_t units_at_once = 256;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Of one readout, each (sensor) float64.
struct Sums {
  at::Tensor mean, norm;  ///< of the weights over units and bins; of their magnitudes, over units
};

Sums sums_of(const Readout& readout, int64_t sensors, Progress& progress, const RunContext& run) {
  auto sum = at::zeros({sensors}, at::kDouble), magnitude = at::zeros_like(sum);
  int64_t bins = 1;
  for (int64_t first = 0; first < readout.units; first += units_at_once) {
    run.stop_if_cancelled("stopped; nothing was written");
    const int64_t last = std::min(first + units_at_once, readout.units);
    const auto weights = readout.weights(first, last).to(at::kDouble);  // (sensor, bin, unit)
    bins = weights.size(1);
    sum += weights.sum({1, 2});
    magnitude += weights.abs().sum({1, 2});
    progress.advance(last - first);
  }
  const auto units = static_cast<double>(readout.units);
  return {sum / (units * static_cast<double>(bins)), magnitude / units};
}

/// Of each sensor the percentage of others with a smaller norm, half of those with an equal one;
/// NaN where the norm is 0: it is not seen.
std::vector<double> percentiles(const at::Tensor& norm) {
  std::vector<double> seen;
  for (int64_t s = 0; s < norm.size(0); ++s) {
    if (norm[s].item<double>() > 0) seen.push_back(norm[s].item<double>());
  }
  std::ranges::sort(seen);
  std::vector<double> out;
  for (int64_t s = 0; s < norm.size(0); ++s) {
    const auto value = norm[s].item<double>();
    const auto [low, high] = std::ranges::equal_range(seen, value);
    const auto below = static_cast<double>(low - seen.begin());
    const auto equal = static_cast<double>(high - low) - 1;
    const auto others = static_cast<double>(seen.size()) - 1;
    out.push_back(value > 0 ? 100 * (others > 0 ? (below + equal / 2) / others : 0.5) : none);
  }
  return out;
}

/// Mean and its standard error; NaN of nothing.
struct Mean {
  double value = none, error = none;
  int64_t count = 0;
};

Mean mean_of(const std::vector<double>& values, const std::vector<size_t>& rows) {
  std::vector<double> some;
  for (const auto row : rows) {
    if (!std::isnan(values[row])) some.push_back(values[row]);
  }
  if (some.empty()) return {};
  const auto tensor = at::tensor(some, at::kDouble);
  const double error =
      some.size() < 2 ? none
                      : tensor.std().item<double>() / std::sqrt(static_cast<double>(some.size()));
  return {tensor.mean().item<double>(), error, std::ssize(some)};
}

/// The place of each sensor in the volumes of a mask, x slowest: "voxel-17" is 17.
at::Tensor places_in(const Sensors& sensors, int64_t voxels, const std::string& mask) {
  const std::string start = "voxel-";
  std::vector<int64_t> places;
  for (const auto& name : sensors.name) {
    int64_t place = -1;
    const char* end = name.data() + name.size();
    const bool number = name.starts_with(start) &&
                        std::from_chars(name.data() + start.size(), end, place).ptr == end;
    if (!number || place < 0 || place >= voxels) {
      throw Error(mask, concat("has no voxel of the name '", name, "'"),
                  "Name the volume that the recording was imported with");
    }
    places.push_back(place);
  }
  return at::tensor(places);
}

NamedVolumes volumes_of(const std::string& name, const std::string& title,
                        const std::vector<std::string>& targets, const at::Tensor& values,
                        const Sensors& sensors, const std::string& mask) {
  const auto shape = NiftiFile(mask).volume_shape();
  const int64_t voxels = c10::multiply_integers(shape);
  const auto places = places_in(sensors, voxels, mask);
  auto all = at::zeros({values.size(0), voxels}, at::kFloat);
  all.index_copy_(1, places, values.nan_to_num(0).to(at::kFloat));
  return {name, title, targets, all.view({-1, shape[0], shape[1], shape[2]}), mask};
}

}  // namespace

Options ReadoutWeights::options() {
  return {
      Option("mask", mask_,
             "NIfTI volume that the recording's voxels are numbered in (NSD: nsdgeneral.nii.gz): "
             "also write the weights as NIfTI in its space")};
}

AnalysisResult ReadoutWeights::analyse(Model& model, const Recording& recording,
                                       const RunContext& run) {
  check_same_sensors(model.input().sensors, recording);
  const auto* linear = model.decoder().has_readouts();
  if (linear == nullptr) {
    throw Error(model.name(), "is not linear, and has no weight for each sensor",
                "Linear are ridge, clip-retrieval and minddiffuser; 'analyse occlusion' asks any "
                "decoder what a region adds");
  }
  const Sensors& sensors = model.input().sensors;
  if (!mask_.empty()) {
    places_in(sensors, c10::multiply_integers(NiftiFile(mask_).volume_shape()), mask_);
  }
  const auto readouts = linear->readouts();
  std::vector<std::string> targets;
  int64_t units = 0;
  for (const auto& readout : readouts) {
    targets.push_back(readout.name);
    units += readout.units;
  }
  const auto rois = sensors.rois();
  std::vector<std::vector<size_t>> members(rois.size());
  for (size_t s = 0; s < sensors.roi.size(); ++s) {
    const auto place = std::ranges::find(rois, sensors.roi[s]);
    if (place != rois.end()) members[static_cast<size_t>(place - rois.begin())].push_back(s);
  }

  Table regions{
      "regions",
      "Weights by region: mean over the region's sensors, with its standard error; the "
      "percentile is that of a sensor's L1 norm among all that are seen",
      {"target", "region", "sensors", "weight", "weight sem", "percentile", "percentile sem"},
      {}};
  Table serves{"serves",
               "The target in which each region's sensors stand highest, and the next",
               {"region", "target", "percentile", "sem", "next", "its percentile"},
               {}};
  Chart chart;
  chart.name = "percentiles";
  chart.title = "Percentile of the weights' L1 norm (bars: standard error over sensors)";
  chart.y_label = "percentile";
  chart.categories = rois;
  std::vector<at::Tensor> weights, norms, ranks;
  std::vector<std::vector<std::pair<Mean, std::string>>> of_region(rois.size());
  Progress progress(run, "Weights", units, "unit");
  for (const auto& readout : readouts) {
    const auto sums = sums_of(readout, sensors.count(), progress, run);
    const auto rank = percentiles(sums.norm);
    std::vector<double> mean;
    for (int64_t s = 0; s < sums.mean.size(0); ++s) {
      mean.push_back(std::isnan(rank[static_cast<size_t>(s)]) ? none : sums.mean[s].item<double>());
    }
    Series series{readout.name, {}, {}};
    for (size_t r = 0; r < rois.size(); ++r) {
      const Mean weight = mean_of(mean, members[r]), percentile = mean_of(rank, members[r]);
      regions.rows.push_back({readout.name, rois[r], percentile.count, weight.value, weight.error,
                              percentile.value, percentile.error});
      series.add({percentile.value, percentile.value - percentile.error,
                  percentile.value + percentile.error});
      if (percentile.count > 0) of_region[r].emplace_back(percentile, readout.name);
    }
    chart.series.push_back(series);
    weights.push_back(at::tensor(mean, at::kDouble));
    norms.push_back(sums.norm);
    ranks.push_back(at::tensor(rank, at::kDouble));
  }
  for (size_t r = 0; r < rois.size(); ++r) {
    auto& found = of_region[r];
    std::ranges::stable_sort(
        found, [](const auto& a, const auto& b) { return a.first.value > b.first.value; });
    if (found.empty()) continue;
    const bool more = found.size() > 1;
    serves.rows.push_back({rois[r], found[0].second, found[0].first.value, found[0].first.error,
                           more ? found[1].second : "", more ? found[1].first.value : none});
  }

  AnalysisResult result;
  result.name = "weights";
  result.title = "Weights of the linear readout: " + model.name();
  result.lead =
      concat("What ", sensors.count(), " sensors add to ", units, " units of ", join(targets, ", "),
             ". Weights say what the decoder uses, not what a region prefers.");
  result.tables = {regions};
  if (targets.size() > 1) result.tables.push_back(serves);
  if (!rois.empty()) result.charts = {chart};
  const auto keep = [&](const std::string& name, const std::string& title,
                        const std::vector<at::Tensor>& values) {
    const auto all = at::stack(values);
    result.arrays.push_back(
        {name, title, {"target", "sensor"}, all, {{"target", targets}, {"sensor", sensors.name}}});
    if (mask_.empty()) return;
    result.volumes.push_back(volumes_of(name, title, targets, all, sensors, mask_));
  };
  keep("weight", "Mean weight over units and bins; NaN: not seen", weights);
  keep("norm", "L1 norm of the weights over bins, mean over units", norms);
  keep("percentile", "Percentile of the norm among the sensors seen; NaN: not seen", ranks);
  return result;
}

}  // namespace afterimage
