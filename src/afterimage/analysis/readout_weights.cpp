#include "afterimage/analysis/readout_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>

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

std::vector<double> numbers_of(const at::Tensor& values) {
  const auto all = values.contiguous();
  return {all.const_data_ptr<double>(), all.const_data_ptr<double>() + all.numel()};
}

/// Of each sensor the percentage of others with a smaller norm, half of those with an equal one;
/// NaN where the norm is 0: it is not seen.
std::vector<double> percentiles(const std::vector<double>& norm) {
  std::vector<double> seen;
  std::ranges::copy_if(norm, std::back_inserter(seen), [](double value) { return value > 0; });
  std::ranges::sort(seen);
  std::vector<double> out;
  for (const double value : norm) {
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

/// The volume whose voxels the sensors are, "voxel-17" the 18th of it, x slowest.
class Brain {
 public:
  /// Errors: a sensor that is no voxel of it.
  Brain(const std::string& mask, const Sensors& sensors)
      : mask_(mask), shape_(NiftiFile(mask).volume_shape()) {
    const std::string start = "voxel-";
    std::vector<int64_t> places;
    for (const auto& name : sensors.name) {
      int64_t place = -1;
      const char* end = name.data() + name.size();
      const bool number = name.starts_with(start) &&
                          std::from_chars(name.data() + start.size(), end, place).ptr == end;
      if (!number || place < 0 || place >= c10::multiply_integers(shape_)) {
        throw Error(mask, concat("has no voxel of the name '", name, "'"),
                    "Name the volume that the recording was imported with");
      }
      places.push_back(place);
    }
    places_ = at::tensor(places);
  }

  /// Values (target, sensor) as volumes; 0 where there is no sensor, or no value.
  NamedVolumes volumes_of(const NamedArray& array) const {
    auto all = at::zeros({array.values.size(0), c10::multiply_integers(shape_)}, at::kFloat);
    all.index_copy_(1, places_, array.values.nan_to_num(0).to(at::kFloat));
    return {array.name, array.title, array.names.at("target"),
            all.view({-1, shape_[0], shape_[1], shape_[2]}), mask_};
  }

 private:
  std::string mask_;
  std::vector<int64_t> shape_;
  at::Tensor places_;
};

/// What is computed of all readouts; each list has an entry for each.
struct Found {
  std::vector<std::string> targets;
  std::vector<at::Tensor> weight, norm, percentile;  ///< (sensor) float64; NaN: not seen
  int64_t units = 0;                                 ///< of all
};

Found find(const std::vector<Readout>& readouts, int64_t sensors, const RunContext& run) {
  Found found;
  for (const auto& readout : readouts) found.units += readout.units;
  Progress progress(run, "Weights", found.units, "unit");
  for (const auto& readout : readouts) {
    const auto sums = sums_of(readout, sensors, progress, run);
    const auto percentile = at::tensor(percentiles(numbers_of(sums.norm)), at::kDouble);
    found.targets.push_back(readout.name);
    found.weight.push_back(sums.mean.masked_fill(percentile.isnan(), none));
    found.norm.push_back(sums.norm);
    found.percentile.push_back(percentile);
  }
  return found;
}

struct Region {
  std::string name;
  std::vector<size_t> members;
};

std::vector<Region> regions_of(const Sensors& sensors) {
  std::vector<Region> regions;
  for (const auto& name : sensors.rois()) {
    regions.push_back({name, {}});
    for (size_t s = 0; s < sensors.roi.size(); ++s) {
      if (sensors.roi[s] == name) regions.back().members.push_back(s);
    }
  }
  return regions;
}

Table region_table(const Found& found, const std::vector<Region>& regions) {
  Table table{
      "regions",
      "Weights by region: mean over the region's sensors, with its standard error; the "
      "percentile is that of a sensor's L1 norm among all that are seen",
      {"target", "region", "sensors", "weight", "weight sem", "percentile", "percentile sem"},
      {}};
  for (size_t t = 0; t < found.targets.size(); ++t) {
    for (const auto& region : regions) {
      const Mean weight = mean_of(numbers_of(found.weight[t]), region.members);
      const Mean percentile = mean_of(numbers_of(found.percentile[t]), region.members);
      table.rows.push_back({found.targets[t], region.name, percentile.count, weight.value,
                            weight.error, percentile.value, percentile.error});
    }
  }
  return table;
}

/// Of each region the targets that see it, the one in which its sensors stand highest first.
Table serves_table(const Found& found, const std::vector<Region>& regions) {
  Table table{"serves",
              "The target in which each region's sensors stand highest, and the next",
              {"region", "target", "percentile", "sem", "next", "its percentile"},
              {}};
  for (const auto& region : regions) {
    std::vector<std::pair<Mean, std::string>> seen;
    for (size_t t = 0; t < found.targets.size(); ++t) {
      const Mean mean = mean_of(numbers_of(found.percentile[t]), region.members);
      if (mean.count > 0) seen.emplace_back(mean, found.targets[t]);
    }
    if (seen.empty()) continue;
    std::ranges::stable_sort(
        seen, [](const auto& a, const auto& b) { return a.first.value > b.first.value; });
    const bool more = seen.size() > 1;
    table.rows.push_back({region.name, seen[0].second, seen[0].first.value, seen[0].first.error,
                          more ? seen[1].second : "", more ? seen[1].first.value : none});
  }
  return table;
}

Chart percentile_chart(const Found& found, const std::vector<Region>& regions) {
  Chart chart;
  chart.name = "percentiles";
  chart.title = "Percentile of the weights' L1 norm (bars: standard error over sensors)";
  chart.y_label = "percentile";
  for (const auto& region : regions) chart.categories.push_back(region.name);
  for (size_t t = 0; t < found.targets.size(); ++t) {
    Series series{found.targets[t], {}, {}};
    for (const auto& region : regions) {
      const Mean mean = mean_of(numbers_of(found.percentile[t]), region.members);
      series.add({mean.value, mean.value - mean.error, mean.value + mean.error});
    }
    chart.series.push_back(series);
  }
  return chart;
}

}  // namespace

Options ReadoutWeights::options() {
  return {Option("mask", mask_,
                 "NIfTI volume that the recording's voxels are numbered in (NSD: "
                 "nsdgeneral.nii.gz): also write the weights as NIfTI in its space")};
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
  std::optional<Brain> brain;
  if (!mask_.empty()) brain.emplace(mask_, sensors);
  const Found found = find(linear->readouts(), sensors.count(), run);
  const auto regions = regions_of(sensors);

  AnalysisResult result;
  result.name = "weights";
  result.title = "Weights of the linear readout: " + model.name();
  result.lead = concat("What ", sensors.count(), " sensors add to ", found.units, " units of ",
                       join(found.targets, ", "),
                       ". Weights say what the decoder uses, not what a region prefers.");
  result.tables = {region_table(found, regions)};
  if (found.targets.size() > 1) result.tables.push_back(serves_table(found, regions));
  result.charts = {percentile_chart(found, regions)};
  const auto keep = [&](const std::string& name, const std::string& title,
                        const std::vector<at::Tensor>& values) {
    result.arrays.push_back({name,
                             title,
                             {"target", "sensor"},
                             at::stack(values),
                             {{"target", found.targets}, {"sensor", sensors.name}}});
    if (brain) result.volumes.push_back(brain->volumes_of(result.arrays.back()));
  };
  keep("weight", "Mean weight over units and bins; NaN: not seen", found.weight);
  keep("norm", "L1 norm of the weights over bins, mean over units", found.norm);
  keep("percentile", "Percentile of the norm among the sensors seen; NaN: not seen",
       found.percentile);
  return result;
}

}  // namespace afterimage
