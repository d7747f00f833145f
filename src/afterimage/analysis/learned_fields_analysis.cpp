#include "afterimage/analysis/learned_fields_analysis.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/capabilities.h"

namespace afterimage {
namespace {

double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return NAN;
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The sensors whose field was learned, and how many were not for which reason.
struct Learned {
  std::vector<int64_t> rows;  // of the recording's sensors
  int64_t outside = 0, unplaced = 0, constant = 0;
};

Learned learned_sensors(const Model& model, const HasFields& fields) {
  const Sensors& sensors = model.input().sensors;
  const auto& regions = model.regions();
  const auto inside = regions.empty() ? at::ones({sensors.count()}, at::kBool)
                                      : sensors.in_rois(regions, "data.regions");
  const auto placed = fields.placed().cpu().gt(0), silent = model.normalisation().silent();
  Learned found;
  for (int64_t s = 0; s < sensors.count(); ++s) {
    if (!inside[s].item<bool>()) {
      ++found.outside;
    } else if (!placed[s].item<bool>()) {
      ++found.unplaced;
    } else if (silent[s].item<bool>()) {
      ++found.constant;
    } else {
      found.rows.push_back(s);
    }
  }
  return found;
}

/// "Left out: 12 sensors without a field, 64 outside V1, V4 (data.regions)."
std::string left_out(const Learned& found, const std::vector<std::string>& regions) {
  std::vector<std::string> parts;
  const auto add = [&parts](int64_t count, const std::string& why) {
    if (count > 0) parts.push_back(concat(count, count == 1 ? " sensor " : " sensors ", why));
  };
  add(found.unplaced, "without a field");
  add(found.outside, concat("outside ", join(regions), " (data.regions)"));
  add(found.constant, "that never vary in training");
  return parts.empty() ? "" : concat(" Left out: ", join(parts), ".");
}

/// What was learned of these sensors, one entry each, and how far it is from what is known.
struct Comparison {
  Sensors sensors;
  std::vector<double> x, y, size, eccentricity;
  std::vector<double> shift;  ///< from the recording's centre; NaN where there is none
  std::vector<double> error;  ///< from the simulator's centre; NaN without truth
};

Comparison compare(const FieldTensors& learned, const std::vector<int64_t>& rows,
                   const Recording& recording) {
  const bool known = recording.has_truth("x") && recording.has_truth("y");
  const auto true_x = known ? recording.truth("x") : at::Tensor();
  const auto true_y = known ? recording.truth("y") : at::Tensor();
  Comparison all;
  all.sensors = recording.info().sensors.select(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t s = rows[i];
    const double x = learned.x[s].item<double>(), y = learned.y[s].item<double>();
    all.x.push_back(x);
    all.y.push_back(y);
    all.size.push_back(learned.size[s].item<double>());
    all.eccentricity.push_back(recording.info().eccentricity(x, y));
    all.shift.push_back(std::hypot(x - all.sensors.x[i], y - all.sensors.y[i]));
    all.error.push_back(
        known ? std::hypot(x - true_x[s].item<double>(), y - true_y[s].item<double>()) : NAN);
  }
  return all;
}

Table field_table(const Comparison& fields, const at::Tensor& tuning) {
  Table table{"fields",
              "The field of every sensor the decoder reads, in stimulus widths",
              {"sensor", "roi", "array", "x", "y", "size", "eccentricity", "known_x", "known_y",
               "known_size", "shift", "error"},
              {}};
  // Tuning as the mean over bins: one number for each feature map.
  const auto vectors = tuning.defined() ? tuning.mean(1).to(at::kDouble) : at::Tensor();
  if (vectors.defined()) {
    for (const auto& name : numbered("tuning", vectors.size(1))) table.columns.push_back(name);
  }
  const Sensors& sensors = fields.sensors;
  for (size_t i = 0; i < fields.x.size(); ++i) {
    std::vector<Cell> row = {
        sensors.name[i], sensors.roi[i],  sensors.array[i],       fields.x[i],
        fields.y[i],     fields.size[i],  fields.eccentricity[i], sensors.x[i],
        sensors.y[i],    sensors.size[i], fields.shift[i],        fields.error[i]};
    for (int64_t c = 0; vectors.defined() && c < vectors.size(1); ++c) {
      row.emplace_back(vectors[static_cast<int64_t>(i)][c].item<double>());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table region_table(const Comparison& fields) {
  Table table{"regions",
              "Medians per region, in stimulus widths",
              {"roi", "sensors", "size", "known size", "shift of the centre",
               "distance from the true centre"},
              {}};
  const Sensors& sensors = fields.sensors;
  for (const auto& roi : sensors.rois()) {
    std::vector<double> size, known, shift, error;
    for (size_t i = 0; i < sensors.roi.size(); ++i) {
      if (sensors.roi[i] != roi) continue;
      size.push_back(fields.size[i]);
      known.push_back(sensors.size[i]);
      shift.push_back(fields.shift[i]);
      error.push_back(fields.error[i]);
    }
    table.rows.push_back(
        {roi, std::ssize(size), median(size), median(known), median(shift), median(error)});
  }
  return table;
}

/// A cloud of points per ROI.
Chart cloud(const Sensors& sensors, const std::string& name, const std::string& title,
            const std::vector<double>& x, const std::vector<double>& y) {
  Chart chart{name, title, Chart::Kind::points, "x", "y", {}, {}};
  for (const auto& roi : sensors.rois()) {
    Series series{roi, {}, {}};
    for (size_t i = 0; i < sensors.roi.size(); ++i) {
      if (sensors.roi[i] != roi) continue;
      series.x.push_back(x[i]);
      series.y.push_back(y[i]);
    }
    chart.series.push_back(series);
  }
  return chart;
}

Chart centre_chart(const Comparison& fields, const RecordingInfo& info) {
  Chart chart = cloud(fields.sensors, "centres", "Learned centres over the stimulus (outlined)",
                      fields.x, fields.y);
  chart.over_stimulus = true;
  if (info.fixation_known()) {
    chart.series.push_back({"fixation", {info.fixation_x}, {info.fixation_y}});
  }
  return chart;
}

Chart size_chart(const Comparison& fields, const RecordingInfo& info) {
  const std::string from = info.eccentricity_from();
  Chart chart = cloud(fields.sensors, "sizes", concat("Learned size against distance from ", from),
                      fields.eccentricity, fields.size);
  chart.x_label = concat("distance from ", from, " (stimulus widths)");
  chart.y_label = "size (stimulus widths)";
  return chart;
}

}  // namespace

AnalysisResult LearnedFieldsAnalysis::analyse(Model& model, const Recording& recording,
                                              const RunContext&) {
  const at::NoGradGuard no_grad;
  const HasFields* learned = model.decoder().has_fields();
  if (learned == nullptr) {
    throw Error("model '" + model.name() + "'", "its projection learns no receptive fields",
                "Train one with projection.kind = \"gaussian\" or \"tuned\"");
  }
  check_same_sensors(model.input().sensors, recording);
  const Learned found = learned_sensors(model, *learned);
  const std::string missing = left_out(found, model.regions());
  if (found.rows.empty()) {
    throw Error("model '" + model.name() + "'", "has learned no sensor's field." + missing);
  }
  const RecordingInfo& info = recording.info();
  const auto now = learned->learned_fields();
  const Comparison fields =
      compare({now.x.cpu(), now.y.cpu(), now.size.cpu()}, found.rows, recording);
  auto tuning = learned->learned_tuning();
  if (tuning.defined()) tuning = tuning.cpu().index_select(0, at::tensor(found.rows, at::kLong));

  AnalysisResult result;
  result.name = "fields";
  result.title = "Learned receptive fields: " + model.name();
  result.lead = concat("Gaussian fields of ", found.rows.size(),
                       " sensors as the decoder learned them, beside those of the recording.",
                       missing, " Eccentricity is the distance from ", info.eccentricity_from(),
                       info.fixation_known() ? "." : ": the recording does not know fixation.");
  result.charts = {centre_chart(fields, info), size_chart(fields, info)};
  result.tables = {region_table(fields), field_table(fields, tuning)};
  return result;
}

}  // namespace afterimage
