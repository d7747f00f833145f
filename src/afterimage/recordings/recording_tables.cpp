#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5_heading.h"
#include "afterimage/recordings/recording_parts.h"

// Reads all of a recording but its images and responses; what is optional gets its default.
namespace afterimage {
namespace {

using hdf5::File;

constexpr const char* guide = "docs/recording.md says how to write one";

// A column of a table: `count` values, also as MATLAB's n x 1 and 1 x n.
void require_column(const File& file, const std::string& name, int64_t count,
                    const std::string& things) {
  const std::vector<int64_t> shape = file.shape(name);
  int64_t longest = 1, product = 1;
  for (const int64_t size : shape) {
    longest = size == 1 ? longest : size;
    product *= size == 1 ? 1 : size;
  }
  if (product == longest && product == count) return;
  throw Error(file.path(), concat("dataset '", name, "' has the shape ", shape_text(shape)),
              concat("It must be a list of ", count, ", one for each of the ", things));
}

void require_parts(const File& file, const std::vector<std::string>& names) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!file.has(name)) missing.push_back("/" + name);
  }
  if (!missing.empty()) {
    throw Error(file.path(), "is a recording without " + join(missing), guide);
  }
}

template <typename T>
std::vector<T> column(const File& file, const std::string& name, int64_t count,
                      const std::string& things) {
  require_column(file, name, count, things);
  return file.read<T>(name);
}

template <typename T>
std::vector<T> column_or(const File& file, const std::string& name, int64_t count,
                         const std::string& things, T fallback) {
  if (file.has(name)) return column<T>(file, name, count, things);
  return std::vector<T>(static_cast<size_t>(count), fallback);
}

std::vector<std::string> texts(const File& file, const std::string& name, int64_t count,
                               const std::string& things) {
  require_column(file, name, count, things);
  return file.read_strings(name);
}

std::vector<std::string> texts_or_empty(const File& file, const std::string& name, int64_t count,
                                        const std::string& things) {
  if (file.has(name)) return texts(file, name, count, things);
  return std::vector<std::string>(static_cast<size_t>(count));
}

std::vector<std::string> names_or_numbers(const File& file, const std::string& name, int64_t count,
                                          const std::string& things) {
  if (file.has(name)) return texts(file, name, count, things);
  std::vector<std::string> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

double attribute_or(const File& file, const std::string& object, const std::string& name,
                    double fallback) {
  return file.has_attribute(object, name) ? file.number_attribute(object, name) : fallback;
}

double attribute_or_zero(const File& file, const std::string& object, const std::string& name) {
  return attribute_or(file, object, name, 0);
}

nlohmann::json read_provenance(const File& file) {
  if (!file.has_attribute("/", "provenance")) return nullptr;
  const std::string text = file.text_attribute("/", "provenance");
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_discarded() ? nlohmann::json(text) : parsed;  // a plain note is fine too
}

void read_stimuli(const File& file, RecordingInfo& info) {
  file.require_shape("stimuli/images", {-1, -1, -1, -1},
                     {"stimulus", "height", "width", "channel"});
  if (!file.holds_integers("stimuli/images")) {
    throw Error(file.path(), "dataset 'stimuli/images' holds fractions",
                "It must hold bytes (uint8), 0 to 255");
  }
  const std::vector<int64_t> shape = file.shape("stimuli/images");  // (stimulus, y, x, channel)
  info.height = shape[1];
  info.width = shape[2];
  info.channels = shape[3];
  if (info.channels != 1 && info.channels != 3 && (shape[1] == 1 || shape[1] == 3)) {
    throw Error(file.path(), "dataset 'stimuli/images' has its channels second",
                "Its order must be (stimulus, height, width, channel)");
  }
  info.stimulus_name = names_or_numbers(file, "stimuli/name", shape[0], "stimuli");
  info.stimulus_source = texts_or_empty(file, "stimuli/source", shape[0], "stimuli");
  if (file.has("stimuli/category")) {
    info.stimulus_category = texts(file, "stimuli/category", shape[0], "stimuli");
  }
  if (file.has("stimuli/caption")) {
    info.stimulus_caption = file.read_string_rows("stimuli/caption");
  }
  info.frames_per_second = attribute_or_zero(file, "stimuli", "frames_per_second");
}

void read_trials(const File& file, int64_t count, Trials& trials) {
  trials.stimulus = column<int64_t>(file, "trials/stimulus", count, "trials in /responses");
  trials.repeat = file.has("trials/repeat")
                      ? column<int64_t>(file, "trials/repeat", count, "trials in /responses")
                      : count_repeats(trials.stimulus);
  trials.block = column_or<int64_t>(file, "trials/block", count, "trials in /responses", 0);
  trials.split = texts(file, "trials/split", count, "trials in /responses");
}

void read_sensors(const File& file, int64_t count, Sensors& sensors) {
  const std::string things = "sensors in /responses";
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  sensors.name = names_or_numbers(file, "sensors/name", count, things);
  sensors.roi = texts_or_empty(file, "sensors/roi", count, things);
  sensors.array = column_or<int64_t>(file, "sensors/array", count, things, -1);
  sensors.x = column_or<double>(file, "sensors/x", count, things, unknown);
  sensors.y = column_or<double>(file, "sensors/y", count, things, unknown);
  sensors.size = column_or<double>(file, "sensors/size", count, things, unknown);
  sensors.reliability = column_or<double>(file, "sensors/reliability", count, things, unknown);
  if (!file.has("sensors/measures")) return;
  for (const auto& name : file.members("sensors/measures")) {
    sensors.measures[name] = column<double>(file, "sensors/measures/" + name, count, things);
  }
}

void read_bins(const File& file, int64_t count, std::vector<Bin>& bins) {
  const auto start = column<double>(file, "bins/start_ms", count, "bins in /responses");
  const auto stop = column<double>(file, "bins/stop_ms", count, "bins in /responses");
  for (size_t i = 0; i < start.size(); ++i) bins.push_back({start[i], stop[i]});
}

int64_t length_of(const File& file, const std::string& name) {
  int64_t length = 1;
  for (const int64_t size : file.shape(name)) length *= size;
  return length;
}

// MATLAB and Fortran list the indices of an HDF5 dataset the other way round.
void refuse_reversed(const File& file, const std::vector<int64_t>& shape) {
  const int64_t trials = length_of(file, "trials/stimulus");
  const int64_t bins = length_of(file, "bins/start_ms");
  if (shape[0] == bins && shape[2] == trials && trials != bins) {
    throw Error(file.path(), "dataset 'responses' is (bin, sensor, trial)",
                "It must be (trial, sensor, bin); from MATLAB write (bin, sensor, trial)");
  }
}

}  // namespace

RecordingInfo recording_parts::read_info(const File& file) {
  hdf5::check_heading(file, heading);
  require_parts(file, {"stimuli/images", "trials/stimulus", "trials/split", "responses",
                       "bins/start_ms", "bins/stop_ms"});
  file.require_shape("responses", {-1, -1, -1}, {"trial", "sensor", "bin"});
  const std::vector<int64_t> shape = file.shape("responses");  // (trial, sensor, bin)
  refuse_reversed(file, shape);
  RecordingInfo info;
  read_stimuli(file, info);
  read_trials(file, shape[0], info.trials);
  read_sensors(file, shape[1], info.sensors);
  read_bins(file, shape[2], info.bins);
  info.degrees_per_stimulus = attribute_or_zero(file, "/", "degrees_per_stimulus");
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  info.fixation_x = attribute_or(file, "/", "fixation_x", unknown);
  info.fixation_y = attribute_or(file, "/", "fixation_y", unknown);
  info.provenance = read_provenance(file);
  info.check(file.path().string());
  return info;
}

}  // namespace afterimage
