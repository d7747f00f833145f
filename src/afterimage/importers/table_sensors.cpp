#include <ATen/Functions.h>

#include <algorithm>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/table_parts.h"

namespace afterimage::table_import {
namespace {

/// An array with a value for each place (or for each sensor left), at the sensors left.
std::vector<double> values_at(const std::string& text, const Context& context,
                              const ResponseFiles& responses) {
  const auto file = context.array(text);
  const at::Tensor values = file->read(at::kDouble);
  if (values.sizes() == responses.sensor_shape()) {
    return doubles_of(values.reshape(-1).index({responses.kept()}));
  }
  if (values.numel() == responses.sensors()) return doubles_of(values);
  if (values.numel() == c10::multiply_integers(responses.sensor_shape())) {
    return doubles_of(values.reshape(-1).index({responses.kept()}));
  }
  throw Error(file->where(), concat("has the shape ", shape_text(file->shape())),
              concat("It needs a value for each of the ", responses.sensors(), " sensors"));
}

void read_table(const Context& context, const ResponseFiles& responses, Sensors& sensors) {
  const std::filesystem::path path = context.folder / context.options.sensors.table;
  const CsvTable table = context.table(context.options.sensors.table);
  if (table.rows() != responses.sensors()) {
    throw Error(path, concat("has ", table.rows(), " rows"),
                concat("There are ", responses.sensors(), " sensors; it needs a row for each"));
  }
  if (table.has("name")) sensors.name = table.column("name");
  if (table.has("roi")) sensors.roi = table.column("roi");
  if (table.has("array")) sensors.array = table.integers("array");
  if (table.has("x")) sensors.x = table.numbers("x");
  if (table.has("y")) sensors.y = table.numbers("y");
  if (table.has("size")) sensors.size = table.numbers("size");
  if (table.has("reliability")) sensors.reliability = table.numbers("reliability");
  const std::set<std::string> own = {"name", "roi", "array", "x", "y", "size", "reliability"};
  for (const auto& name : table.names()) {
    if (own.count(name) == 0) sensors.measures[name] = table.numbers(name);
  }
}

void read_rois(const Context& context, const ResponseFiles& responses, Sensors& sensors) {
  const auto& options = context.options.sensors;
  if (options.roi.empty()) return;
  const auto numbers = values_at(options.roi, context, responses);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const double number = numbers[i];
    if (number == 0) continue;
    if (number < 0 || number != std::floor(number) ||
        number > static_cast<double>(options.roi_names.size())) {
      throw Error(options.roi, concat("has the ROI number ", number_text(number)),
                  concat("sensors.roi_names names ", options.roi_names.size()));
    }
    sensors.roi[i] = options.roi_names[static_cast<size_t>(number) - 1];
  }
}

void read_arrays(const Context& context, const ResponseFiles& responses, Sensors& sensors) {
  const auto& options = context.options.sensors;
  const auto read = [&](const std::string& text, std::vector<double>& into) {
    if (!text.empty()) into = values_at(text, context, responses);
  };
  read(options.x, sensors.x);
  read(options.y, sensors.y);
  read(options.size, sensors.size);
  read(options.reliability, sensors.reliability);
  if (options.array.empty()) return;
  const auto numbers = values_at(options.array, context, responses);
  std::transform(numbers.begin(), numbers.end(), sensors.array.begin(),
                 [](double number) { return static_cast<int64_t>(number); });
}

}  // namespace

Sensors read_sensors(const Context& context, const ResponseFiles& responses,
                     const RecordingInfo& info) {
  const bool volume = responses.sensor_shape().size() > 1;
  Sensors sensors = plain_sensors(responses.sensors(), volume ? "voxel" : "sensor");
  if (!context.options.sensors.table.empty()) read_table(context, responses, sensors);
  read_rois(context, responses, sensors);
  read_arrays(context, responses, sensors);
  const auto& options = context.options.sensors;
  fields_to_stimulus(sensors, options.unit, info.degrees_per_stimulus, options.pixels_per_stimulus,
                     context.where);
  return sensors;
}

}  // namespace afterimage::table_import
