#include "afterimage/fields/mapping.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "afterimage/base/json_number.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

std::vector<double> list_of(const at::Tensor& values) {
  const auto plain = values.to(at::kDouble).contiguous();
  return {plain.const_data_ptr<double>(), plain.const_data_ptr<double>() + plain.numel()};
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

MappingReport::Roi roi_summary(const Sensors& sensors, const std::string& roi) {
  MappingReport::Roi summary{roi};
  std::vector<double> r2, sizes;
  for (int64_t i = 0; i < sensors.count(); ++i) {
    const auto s = static_cast<size_t>(i);
    if (sensors.roi[s] != roi) continue;
    ++summary.sensors;
    if (!sensors.mapped(i)) continue;
    ++summary.mapped;
    r2.push_back(sensors.measures.at("field_r2")[s]);
    sizes.push_back(sensors.size[s]);
  }
  summary.median_r2 = median(std::move(r2));
  summary.median_size = median(std::move(sizes));
  return summary;
}

}  // namespace

Options MappingOptions::options() {
  return {
      Option("min_r2", min_r2, "a sensor is mapped when its cross-validated R2 reaches this")
          .range(0, 1),
      Option("max_distance", max_distance,
             "and when the centres found in the two halves lie no farther apart")
          .range(0)
          .unit("stimulus widths"),
  };
}

nlohmann::json MappingReport::to_json() const {
  nlohmann::json json = {{"rois", nlohmann::json::array()},
                         {"unmapped", nlohmann::json::object()},
                         {"oriented", oriented}};
  for (const auto& roi : rois) {
    json["rois"].push_back({{"name", roi.name},
                            {"mapped", roi.mapped},
                            {"sensors", roi.sensors},
                            {"median_r2", json_number(roi.median_r2)},
                            {"median_size", json_number(roi.median_size)}});
  }
  for (const auto& entry : unmapped) json["unmapped"][entry.reason] = entry.count;
  return json;
}

MappingReport map_sensors(const ReceptiveFields& found, const at::Tensor& varies,
                          const MappingOptions& options, Sensors& sensors) {
  sensors.x = list_of(found.x);
  sensors.y = list_of(found.y);
  sensors.size = list_of(found.size);
  auto& r2 = sensors.measures["field_r2"] = list_of(found.r2);
  auto& distance = sensors.measures["field_distance"] = list_of(found.distance);
  if (found.oriented.defined()) sensors.measures["field_oriented"] = list_of(found.oriented);
  std::map<std::string, int64_t> reasons;
  for (int64_t i = 0; i < sensors.count(); ++i) {
    const auto s = static_cast<size_t>(i);
    std::string reason;
    if (!varies[i].item<bool>()) {
      reason = "the response never changes";
    } else if (!(r2[s] >= options.min_r2)) {
      reason = concat("R2 below ", number_text(options.min_r2));
    } else if (!(distance[s] <= options.max_distance)) {
      reason = concat("centres of the two halves more than ", number_text(options.max_distance),
                      " apart");
    } else if (std::isfinite(sensors.x[s]) && std::isfinite(sensors.y[s])) {
      continue;
    } else {
      reason = "no field found";
    }
    ++reasons[reason];
    sensors.x[s] = sensors.y[s] = sensors.size[s] = std::nan("");
  }
  MappingReport report;
  for (int64_t i = 0; found.oriented.defined() && i < sensors.count(); ++i) {
    report.oriented += sensors.mapped(i) && found.oriented[i].item<bool>();
  }
  for (const auto& [reason, count] : reasons) report.unmapped.push_back({reason, count});
  for (const auto& roi : sensors.rois()) report.rois.push_back(roi_summary(sensors, roi));
  return report;
}

}  // namespace afterimage
