#include "tables.h"

#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage::python {
namespace {

template <typename T>
void take(const py::dict& columns, const char* name, size_t count, std::vector<T>& into,
          T missing) {
  into.assign(count, missing);
  if (!columns.contains(name)) return;
  into = columns[name].cast<std::vector<T>>();
  if (into.size() == count) return;
  throw Error("sensors", concat("the column '", name, "' has ", into.size(), " entries for ", count,
                                " sensors"));
}

}  // namespace

Sensors sensors_of(const py::dict& columns, int64_t count) {
  const auto n = static_cast<size_t>(count);
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  Sensors sensors;
  take(columns, "name", n, sensors.name, std::string());
  for (size_t i = 0; i < n && !columns.contains("name"); ++i) sensors.name[i] = concat("s", i);
  take(columns, "roi", n, sensors.roi, std::string());
  take(columns, "array", n, sensors.array, int64_t{-1});
  take(columns, "x", n, sensors.x, unknown);
  take(columns, "y", n, sensors.y, unknown);
  take(columns, "size", n, sensors.size, unknown);
  take(columns, "reliability", n, sensors.reliability, unknown);
  return sensors;
}

py::dict columns_of(const Sensors& sensors) {
  py::dict columns;
  columns["name"] = sensors.name;
  columns["roi"] = sensors.roi;
  columns["array"] = sensors.array;
  columns["x"] = sensors.x;
  columns["y"] = sensors.y;
  columns["size"] = sensors.size;
  columns["reliability"] = sensors.reliability;
  for (const auto& [name, values] : sensors.measures) columns[name.c_str()] = values;
  return columns;
}

std::vector<Bin> bins_of(const std::vector<std::pair<double, double>>& pairs) {
  std::vector<Bin> bins;
  for (const auto& [start, stop] : pairs) bins.push_back({start, stop});
  return bins;
}

std::vector<std::pair<double, double>> pairs_of(const std::vector<Bin>& bins) {
  std::vector<std::pair<double, double>> pairs;
  for (const auto& bin : bins) pairs.emplace_back(bin.start_ms, bin.stop_ms);
  return pairs;
}

}  // namespace afterimage::python
