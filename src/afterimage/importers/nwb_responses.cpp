#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nwb_parts.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage::nwb {
namespace {

constexpr double raw_rate = 5000;  // Hz: sampled faster are voltages, not rates

double attribute_or(const hdf5::File& file, const std::string& object, const char* name,
                    double otherwise) {
  return file.has_attribute(object, name) ? file.number_attribute(object, name) : otherwise;
}

/// A series (time, channel) of rates or multi-unit activity.
class SeriesResponses : public Responses {
 public:
  SeriesResponses(const hdf5::File& file, std::string series, const NwbOptions& options,
                  ImportReport& report)
      : file_(file), data_(series + "/data"), clock_(file, series) {
    const auto shape = file.shape(data_);
    channels_ = shape.size() == 1 ? 1 : shape.at(1);
    scale_ = at::full({channels_}, attribute_or(file, data_, "conversion", 1), at::kDouble);
    if (file.has(series + "/channel_conversion")) {
      const auto factors = file.read<double>(series + "/channel_conversion");
      require_shape({static_cast<int64_t>(factors.size())}, {channels_},
                    concat(file.path().string(), " '", series, "/channel_conversion'"),
                    "a factor for each channel");
      scale_ = scale_ * at::tensor(factors, at::kDouble);
    }
    offset_ = attribute_or(file, data_, "offset", 0);
    sensors_ = plain_sensors(channels_, "channel");
    describe_sensors(file, options, electrodes_of(series, report), nullptr, sensors_);
    if (clock_.rate() > raw_rate) {
      report.notes.push_back(concat("'", series, "' has ", number_text(clock_.rate()),
                                    " samples a second: voltages? Their mean over a window says "
                                    "little; give rates or multi-unit activity"));
    }
  }

  bool covers(const std::vector<Window>& windows) const override {
    return std::all_of(windows.begin(), windows.end(), [&](const Window& window) {
      return clock_.covers(window.first, window.second);
    });
  }

  void append_to(RecordingWriter& writer, const std::vector<double>& onset,
                 const at::Tensor& window_ms) const override {
    const double first = window_ms.select(2, 0).min().item<double>() / 1000;
    const double last = window_ms.select(2, 1).max().item<double>() / 1000;
    const int64_t most = rows_per_batch(channels_ * 16);
    for (size_t i = 0; i < onset.size();) {  // trials that lie near each other are read at once
      int64_t low = clock_.first_at(onset[i] + first), high = clock_.first_at(onset[i] + last);
      size_t end = i + 1;
      for (; end < onset.size(); ++end) {
        const int64_t next_low = std::min(low, clock_.first_at(onset[end] + first));
        const int64_t next_high = std::max(high, clock_.first_at(onset[end] + last));
        if (next_high - next_low > most) break;
        low = next_low;
        high = next_high;
      }
      const at::Tensor samples = read(low, high);
      const auto trials = static_cast<int64_t>(end - i);
      at::Tensor out = at::empty({trials, channels_, window_ms.size(1)}, at::kFloat);
      for (int64_t t = 0; t < trials; ++t) {
        out[t].copy_(means(samples, low, onset[i + static_cast<size_t>(t)], window_ms));
      }
      writer.append_responses(out);
      i = end;
    }
  }

 private:
  /// Rows of the electrodes table.
  std::vector<int64_t> electrodes_of(const std::string& series, ImportReport& report) const {
    const std::string name = series + "/electrodes",
                      table = "general/extracellular_ephys/electrodes";
    if (file_.has(name)) {
      const auto rows = file_.read<int64_t>(name);
      require_shape({static_cast<int64_t>(rows.size())}, {channels_},
                    concat(file_.path().string(), " '", name, "'"),
                    "an electrode for each channel");
      return rows;
    }
    if (!file_.has(table + "/id") || file_.shape(table + "/id").at(0) != channels_) return {};
    report.notes.push_back(concat("'", series, "' does not name its electrodes: taken as the ",
                                  channels_, " of the file, in their order"));
    return all_rows(channels_);
  }

  /// (time, channel) of the samples [low, high).
  at::Tensor read(int64_t low, int64_t high) const {
    at::Tensor samples = at::empty({high - low, channels_}, at::kDouble);
    auto start = file_.shape(data_), count = start;
    std::fill(start.begin(), start.end(), 0);
    start[0] = low;
    count[0] = high - low;
    file_.read_block<double>(data_, start, count, samples.mutable_data_ptr<double>());
    return samples;
  }

  /// (channel, bin) of one trial; `samples` begin with sample `low`.
  at::Tensor means(const at::Tensor& samples, int64_t low, double onset,
                   const at::Tensor& window_ms) const {
    std::vector<at::Tensor> bins;
    const auto ms = window_ms.accessor<double, 3>();
    for (int64_t bin = 0; bin < ms.size(1); ++bin) {
      at::Tensor mean = at::empty({channels_}, at::kDouble);
      for (int64_t c = 0; c < channels_;) {  // neighbours with the same window at once
        int64_t end = c + 1;
        while (end < channels_ && ms[end][bin][0] == ms[c][bin][0] &&
               ms[end][bin][1] == ms[c][bin][1]) {
          ++end;
        }
        const int64_t from = clock_.first_at(onset + ms[c][bin][0] / 1000) - low;
        const int64_t to = clock_.first_at(onset + ms[c][bin][1] / 1000) - low;
        mean.narrow(0, c, end - c)
            .copy_(samples.narrow(0, from, to - from).narrow(1, c, end - c).mean(0));
        c = end;
      }
      bins.push_back(mean * scale_ + offset_);
    }
    return at::stack(bins, 1);
  }

  const hdf5::File& file_;
  std::string data_;
  Clock clock_;
  int64_t channels_ = 1;
  at::Tensor scale_;
  double offset_ = 0;
};

bool is_series(const hdf5::File& file, const std::string& group) {
  if (!file.has(group + "/data") || file.is_group(group + "/data")) return false;
  const size_t indices = file.shape(group + "/data").size();
  const auto kind = file.element_type(group + "/data").kind;
  return (indices == 1 || indices == 2) && kind != hdf5::ElementType::Kind::other;
}

}  // namespace

std::unique_ptr<Responses> open_responses(const hdf5::File& file, const NwbOptions& options,
                                          ImportReport& report) {
  const auto fits = [&](const std::string& group) { return is_series(file, group); };
  std::vector<std::string> known;
  if (file.has("units/id")) known.emplace_back("units");
  for (const char* place : {"processing", "acquisition"}) {
    const auto found = find(file, place, fits);
    known.insert(known.end(), found.begin(), found.end());
  }
  const std::string chosen = choose(file, known, options.responses, "--responses",
                                    "responses (units, or a series of time x channel)");
  if (chosen == "units") return open_units(file, options);
  return std::make_unique<SeriesResponses>(file, chosen, options, report);
}

void describe_sensors(const hdf5::File& file, const NwbOptions& options,
                      const std::vector<int64_t>& electrodes, const Table* units,
                      Sensors& sensors) {
  std::optional<Table> table;
  if (!electrodes.empty()) table.emplace(file, "general/extracellular_ephys/electrodes");
  std::vector<int64_t> rows = electrodes;  // -1: a unit of no electrode
  for (const int64_t row : rows) {
    if (row < table->rows() && (units || row >= 0)) continue;
    throw Error(table->where(), concat("has ", table->rows(), " rows, row ", row, " is named"));
  }
  const auto at_sensors = [&](const auto& values, const auto& unknown) {
    std::vector<std::decay_t<decltype(unknown)>> out;
    for (const int64_t row : rows)
      out.push_back(row < 0 ? unknown : values[static_cast<size_t>(row)]);
    return out;
  };
  const auto missing = [&](const std::string& column) {
    const auto& first = units ? *units : *table;
    auto known = first.columns();
    if (units && table) {
      const auto more = table->columns();
      known.insert(known.end(), more.begin(), more.end());
    }
    return Error(first.where(), concat("has no column '", column, "'"),
                 "There are: " + join(known));
  };
  const auto numbers = [&](const std::string& column, std::vector<double>& into) {
    if (column.empty()) return;
    if (units && units->has(column)) {
      into = units->numbers(column);
    } else if (table && table->has(column)) {
      into = at_sensors(table->numbers(column), std::nan(""));
    } else {
      throw missing(column);
    }
  };
  if (!units && !table && (!options.x_column.empty() || !options.roi_column.empty())) {
    throw Error(file.path(), "the responses name no electrodes",
                "Leave out --roi-column, --x-column and --y-column");
  }
  numbers(options.x_column, sensors.x);
  numbers(options.y_column, sensors.y);
  numbers(options.size_column, sensors.size);
  fields_to_stimulus(sensors, options.field_unit, options.degrees_per_stimulus,
                     options.pixels_per_stimulus, "import nwb");
  const std::string roi = options.roi_column.empty() ? "location" : options.roi_column;
  if (units && units->has(roi)) {
    sensors.roi = units->texts(roi);
  } else if (table && table->has(roi)) {
    sensors.roi = at_sensors(table->texts(roi), std::string());
  } else if (!options.roi_column.empty()) {
    throw missing(roi);
  }
  if (!table) return;
  if (table->has("group_name")) {
    sensors.array = at_sensors(numbered_by_first(table->texts("group_name")), int64_t{-1});
  }
  if (units) return;
  const auto ids = file.read<int64_t>("general/extracellular_ephys/electrodes/id");
  for (size_t i = 0; i < rows.size(); ++i) {
    sensors.name[i] = concat("electrode-", ids[static_cast<size_t>(rows[i])]);
  }
}

}  // namespace afterimage::nwb
