#include "afterimage/analysis/irf_deviations.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/base/text.h"
#include "afterimage/recordings/areas.h"

namespace afterimage {
namespace {

at::Tensor deviation(const at::Tensor& weights, bool relative) {  // (n, ...)
  const auto spread = weights.std(0, /*unbiased=*/false);
  return relative ? spread / weights.mean(0).clamp_min(1e-12) : spread;
}

double largest(const IrfDeviations& deviations) {
  return std::max(
      {deviations.spatial.max().item<double>(), deviations.feature.max().item<double>(), 1e-12});
}

/// Which part of the values lies in each class from 0 to `most`.
std::vector<double> shares(const at::Tensor& values, int64_t classes, double most) {
  const auto counts = at::histc(values.flatten().to(at::kDouble), classes, 0, most);
  const auto parts = (counts / static_cast<double>(values.numel())).contiguous();
  return {parts.const_data_ptr<double>(), parts.const_data_ptr<double>() + classes};
}

/// The outline of the bars of a histogram, from the axis to the axis.
Series outline(const std::string& name, const std::vector<double>& parts, double most) {
  const double width = most / static_cast<double>(parts.size());
  Series series{name, {0}, {0}};
  for (size_t i = 0; i < parts.size(); ++i) {
    for (const size_t edge : {i, i + 1}) {
      series.x.push_back(static_cast<double>(edge) * width);
      series.y.push_back(parts[i]);
    }
  }
  series.x.push_back(most);
  series.y.push_back(0);
  return series;
}

Chart chart_of(const std::string& name, const std::string& title, const at::Tensor& spatial,
               const at::Tensor& feature, const IrfDeviations& all, int64_t classes) {
  const double most = largest(all);
  Chart chart;
  chart.name = name;
  chart.title = title;
  chart.kind = Chart::Kind::lines;
  chart.x_label = all.relative ? "standard deviation across stimuli, over the mean weight"
                               : "standard deviation across stimuli";
  chart.y_label = "share of the weights";
  chart.series = {outline("spatial", shares(spatial, classes, most), most),
                  outline("feature", shares(feature, classes, most), most)};
  return chart;
}

}  // namespace

IrfDeviations deviations_of(const IrfMaps& maps, bool relative) {
  return {maps.arrays, deviation(maps.spatial, relative), deviation(maps.feature, relative),
          relative};
}

std::vector<Chart> deviation_charts(const IrfDeviations& deviations, int64_t classes) {
  std::vector<Chart> charts = {chart_of("deviation", "How much fields change: all arrays",
                                        deviations.spatial, deviations.feature, deviations,
                                        classes)};
  size_t number = 0;
  for (const size_t row : shown_order(deviations.arrays)) {
    const auto h = static_cast<int64_t>(row);
    charts.push_back(chart_of(concat("deviation-", ++number),
                              "How much fields change: " + deviations.arrays[row],
                              deviations.spatial[h], deviations.feature[h], deviations, classes));
  }
  return charts;
}

Table deviation_table(const IrfDeviations& deviations, int64_t classes) {
  Table table{"deviations",
              "How much fields change from image to image: the share of each array's weights whose "
              "standard deviation lies in a class",
              {"array", "fields", "from", "to", "share"},
              {}};
  const double most = largest(deviations), width = most / static_cast<double>(classes);
  for (const size_t row : shown_order(deviations.arrays)) {
    const auto h = static_cast<int64_t>(row);
    for (const auto& [fields, values] : {std::pair{"spatial", deviations.spatial[h]},
                                         std::pair{"feature", deviations.feature[h]}}) {
      const auto parts = shares(values, classes, most);
      for (size_t i = 0; i < parts.size(); ++i) {
        table.rows.push_back({deviations.arrays[row], fields, static_cast<double>(i) * width,
                              static_cast<double>(i + 1) * width, parts[i]});
      }
    }
  }
  return table;
}

}  // namespace afterimage
