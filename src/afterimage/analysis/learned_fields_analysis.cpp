#include "afterimage/analysis/learned_fields_analysis.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/projection.h"

namespace afterimage {
namespace {

double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return NAN;
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// What was learned of every sensor, and how far it is from what is known.
struct Comparison {
  std::vector<double> x, y, size;
  std::vector<double> shift;  ///< from the recording's centre; NaN where there is none
  std::vector<double> error;  ///< from the simulator's centre; NaN without truth
};

Comparison compare(const FieldTensors& learned, const Recording& recording) {
  const auto& sensors = recording.info().sensors;
  const bool known = recording.has_truth("x") && recording.has_truth("y");
  const auto true_x = known ? recording.truth("x") : at::Tensor();
  const auto true_y = known ? recording.truth("y") : at::Tensor();
  Comparison all;
  for (int64_t s = 0; s < sensors.count(); ++s) {
    const auto i = static_cast<size_t>(s);
    all.x.push_back(learned.x[s].item<double>());
    all.y.push_back(learned.y[s].item<double>());
    all.size.push_back(learned.size[s].item<double>());
    all.shift.push_back(std::hypot(all.x[i] - sensors.x[i], all.y[i] - sensors.y[i]));
    all.error.push_back(
        known ? std::hypot(all.x[i] - true_x[s].item<double>(), all.y[i] - true_y[s].item<double>())
              : NAN);
  }
  return all;
}

Table field_table(const Sensors& sensors, const Comparison& fields, const at::Tensor& tuning) {
  Table table{"fields",
              "Every sensor's learned field, in stimulus widths",
              {"sensor", "roi", "array", "x", "y", "size", "known_x", "known_y", "known_size",
               "shift", "error"},
              {}};
  // Tuning as the mean over bins: one number for each feature map.
  const auto vectors = tuning.defined() ? tuning.mean(1) : at::Tensor();  // (sensor, feature)
  if (vectors.defined()) {
    for (const auto& name : numbered("tuning", vectors.size(1))) table.columns.push_back(name);
  }
  for (size_t i = 0; i < sensors.name.size(); ++i) {
    std::vector<std::string> row = {
        sensors.name[i],       sensors.roi[i],       std::to_string(sensors.array[i]),
        cell(fields.x[i]),     cell(fields.y[i]),    cell(fields.size[i]),
        cell(sensors.x[i]),    cell(sensors.y[i]),   cell(sensors.size[i]),
        cell(fields.shift[i]), cell(fields.error[i])};
    for (int64_t c = 0; vectors.defined() && c < vectors.size(1); ++c) {
      row.push_back(cell(vectors[static_cast<int64_t>(i)][c].item<double>()));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table region_table(const Sensors& sensors, const Comparison& fields) {
  Table table{"regions",
              "Medians per region, in stimulus widths",
              {"roi", "sensors", "size", "known size", "shift of the centre",
               "distance from the true centre"},
              {}};
  for (const auto& roi : sensors.rois()) {
    std::vector<double> size, known, shift, error;
    for (size_t i = 0; i < sensors.roi.size(); ++i) {
      if (sensors.roi[i] != roi) continue;
      size.push_back(fields.size[i]);
      known.push_back(sensors.size[i]);
      shift.push_back(fields.shift[i]);
      error.push_back(fields.error[i]);
    }
    table.rows.push_back({roi, std::to_string(size.size()), cell(median(size)), cell(median(known)),
                          cell(median(shift)), cell(median(error))});
  }
  return table;
}

/// A cloud of points per ROI.
template <typename X, typename Y>
Chart cloud(const Sensors& sensors, const std::string& name, const std::string& title,
            const std::string& x_label, const std::string& y_label, X x, Y y) {
  Chart chart{name, title, Chart::Kind::points, x_label, y_label, {}, {}};
  for (const auto& roi : sensors.rois()) {
    Series series{roi, {}, {}};
    for (size_t i = 0; i < sensors.roi.size(); ++i) {
      if (sensors.roi[i] != roi) continue;
      series.x.push_back(x(i));
      series.y.push_back(y(i));
    }
    chart.series.push_back(series);
  }
  return chart;
}

}  // namespace

AnalysisResult LearnedFieldsAnalysis::analyse(Model& model, const Recording& recording,
                                              const RunContext&) {
  const at::NoGradGuard no_grad;
  auto* projection = model.decoder().projection();
  const auto learned = projection ? projection->learned_fields() : std::nullopt;
  if (!learned) {
    throw Error("model '" + model.name() + "'", "its projection learns no receptive fields",
                "Train one with projection.kind = \"gaussian\" or \"tuned\"");
  }
  check_same_sensors(model.input().sensors, recording);
  const Sensors& sensors = recording.info().sensors;
  const Comparison fields =
      compare({learned->x.cpu(), learned->y.cpu(), learned->size.cpu()}, recording);

  AnalysisResult result;
  result.name = "fields";
  result.title = "Learned receptive fields: " + model.name();
  result.lead = concat("Gaussian fields of ", sensors.count(),
                       " sensors as the decoder learned them, beside those of the recording.");
  result.charts.push_back(cloud(
      sensors, "centres", "Learned centres (y runs up from the bottom of the stimulus)", "x",
      "1 - y", [&](size_t i) { return fields.x[i]; }, [&](size_t i) { return 1 - fields.y[i]; }));
  result.charts.push_back(cloud(
      sensors, "sizes", "Learned size against distance from the stimulus centre",
      "distance (stimulus widths)", "size (stimulus widths)",
      [&](size_t i) { return std::hypot(fields.x[i] - 0.5, fields.y[i] - 0.5); },
      [&](size_t i) { return fields.size[i]; }));
  const auto tuning = projection->learned_tuning();
  result.tables.push_back(region_table(sensors, fields));
  result.tables.push_back(field_table(sensors, fields, tuning ? tuning->cpu() : at::Tensor()));
  return result;
}

}  // namespace afterimage
