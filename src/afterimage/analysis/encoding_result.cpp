#include "afterimage/analysis/encoding_result.h"

#include <ATen/ATen.h>

#include "afterimage/base/text.h"

namespace afterimage {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// One measure of every sensor, bins averaged.
struct Measure {
  std::string name;
  at::Tensor values;  // (sensor) float64
};

std::vector<Measure> measures_of(const EncodingModel& model,
                                 const std::optional<EncodingScores>& test) {
  const auto over_bins = [](const at::Tensor& values) { return at::nanmean(values, 1); };
  std::vector<Measure> all = {{"held-out R2", over_bins(model.r2())}};
  if (!test) return all;
  all.push_back({"test R2", over_bins(test->r2)});
  if (at::isnan(test->ceiling).all().item<bool>()) return all;
  all.push_back({"noise ceiling", over_bins(test->ceiling)});
  all.push_back({"noise-normalised R2", over_bins(test->normalised)});
  return all;
}

Table by_area(const std::vector<Measure>& measures, const Sensors& sensors) {
  Table table{"areas",
              "Variance of the responses that images explain, by area (mean over sensors)",
              {"area", "sensors"},
              {}};
  for (const auto& measure : measures) table.columns.push_back(measure.name);
  const auto add = [&](const std::string& name, const at::Tensor& which) {
    std::vector<Cell> row = {name, which.sum().item<int64_t>()};
    for (const auto& measure : measures) {
      row.emplace_back(at::nanmean(measure.values.index({which})).item<double>());
    }
    table.rows.push_back(row);
  };
  for (const auto& roi : sensors.rois()) {
    add(roi.empty() ? "no ROI" : roi, sensors.in_rois({roi}, "sensors"));
  }
  add("all", at::ones({sensors.count()}, at::kBool));
  return table;
}

Table by_sensor(const std::vector<Measure>& measures, const EncodingModel& model,
                const Sensors& sensors) {
  Table table{"sensors",
              "The same of each sensor, with its field and penalty",
              {"sensor", "area", "x", "y", "size", "lambda"},
              {}};
  for (const auto& measure : measures) table.columns.push_back(measure.name);
  for (int64_t i = 0; i < sensors.count(); ++i) {
    const auto s = static_cast<size_t>(i);
    std::vector<Cell> row = {sensors.name[s], sensors.roi[s],  sensors.x[s],
                             sensors.y[s],    sensors.size[s], model.lambda()[i].item<double>()};
    for (const auto& measure : measures) row.emplace_back(measure.values[i].item<double>());
    table.rows.push_back(row);
  }
  return table;
}

/// Bars of the means, with the quartiles over sensors.
Chart chart_of(const std::vector<Measure>& measures, const Sensors& sensors) {
  Chart chart;
  chart.name = "r2";
  chart.title = "Variance explained: mean over sensors, lines from the first to the third quartile";
  chart.y_label = "R2";
  chart.categories = sensors.rois();
  for (const auto& measure : measures) {
    Series series{measure.name, {}, {}};
    for (const auto& roi : chart.categories) {
      auto own = measure.values.index({sensors.in_rois({roi}, "sensors")});
      own = own.index({at::isnan(own).logical_not()});
      if (own.numel() == 0) {
        series.add({unknown, unknown, unknown});
        continue;
      }
      series.add({own.mean().item<double>(), at::quantile(own, 0.25).item<double>(),
                  at::quantile(own, 0.75).item<double>()});
    }
    chart.series.push_back(series);
  }
  for (auto& roi : chart.categories) roi = roi.empty() ? "no ROI" : roi;
  return chart;
}

}  // namespace

AnalysisResult encoding_result(const EncodingModel& model, const RecordingInfo& info,
                               const std::optional<EncodingScores>& test) {
  const auto measures = measures_of(model, test);
  AnalysisResult result;
  result.name = "encoding";
  result.title = "Encoding models";
  result.lead =
      "How much of each sensor's responses its encoding model predicts from the image: on "
      "training photographs that were held out";
  if (test) result.lead += concat(", and on ", test->stimuli, " test stimuli, trials averaged");
  result.lead += ".";
  result.tables = {by_area(measures, info.sensors), by_sensor(measures, model, info.sensors)};
  result.charts = {chart_of(measures, info.sensors)};
  result.arrays = {
      {"r2", "Held-out R2", {"sensor", "bin"}, model.r2(), {{"sensor", info.sensors.name}}}};
  return result;
}

}  // namespace afterimage
