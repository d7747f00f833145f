#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/formats/hdf5.h"
#include "afterimage/importers/nwb.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/windows.h"

/// What the files of the NWB importer share; nobody else includes this.
namespace afterimage::nwb {

inline constexpr double edge = 1e-7;  ///< seconds: nearer to an edge of a window is on it

/// A table (DynamicTable): a group with a dataset for each column.
class Table {
 public:
  /// Errors: no such table.
  Table(const hdf5::File& file, std::string group);

  int64_t rows() const { return rows_; }
  const std::string& where() const { return where_; }
  std::vector<std::string> columns() const;
  bool has(const std::string& column) const;
  bool is_text(const std::string& column) const;
  /// Errors: no such column (those there are are listed), a list in each row, other than numbers.
  std::vector<double> numbers(const std::string& column) const;
  /// The same as texts; numbers become texts.
  std::vector<std::string> texts(const std::string& column) const;
  /// The values of a column with a list in each row, and where each row's end.
  std::string values_name(const std::string& column) const { return group_ + "/" + column; }
  std::vector<int64_t> ends(const std::string& column) const;

 private:
  void require(const std::string& column) const;

  const hdf5::File& file_;
  std::string group_, where_;
  int64_t rows_ = 0;
};

/// Names below `group` (any depth) of what `fits`.
std::vector<std::string> find(const hdf5::File& file, const std::string& group,
                              const std::function<bool(const std::string&)>& fits);
/// The one of `known` that `wanted` names, whole or by its last part; of one alone also nothing
/// does. Errors, at `option`: none or several do; `things` says what they are.
std::string choose(const hdf5::File& file, const std::vector<std::string>& known,
                   const std::string& wanted, const std::string& option, const std::string& things);

/// When the samples of a series were taken.
class Clock {
 public:
  /// Errors: neither starting_time nor timestamps, or these go backwards.
  Clock(const hdf5::File& file, const std::string& series);

  /// Samples at or after `time` seconds begin here.
  int64_t first_at(double time) const;
  /// Whether samples were taken all the time from `start` to `stop`, at least one.
  bool covers(double start, double stop) const;
  double rate() const { return rate_; }

 private:
  int64_t count_ = 0;
  double start_ = 0, rate_ = 0;
  std::vector<double> times_;  ///< none: evenly spaced
};

/// From the first to before the second, seconds.
using Window = std::pair<double, double>;

/// Where responses come from: a series, or units.
class Responses {
 public:
  virtual ~Responses() = default;
  const Sensors& sensors() const { return sensors_; }
  /// Whether each of these windows (seconds) was recorded and has a response.
  virtual bool covers(const std::vector<Window>& windows) const = 0;
  /// Those of the trials with these onsets, as the next trials of a recording.
  virtual void append_to(RecordingWriter& writer, const std::vector<double>& onset,
                         const at::Tensor& window_ms) const = 0;

 protected:
  Sensors sensors_;
};
std::unique_ptr<Responses> open_responses(const hdf5::File& file, const NwbOptions& options,
                                          ImportReport& report);
std::unique_ptr<Responses> open_units(const hdf5::File& file, const NwbOptions& options);

/// Names, ROIs, arrays and receptive fields of electrodes (rows of the electrodes table); of those
/// and of their own table where sensors are units.
void describe_sensors(const hdf5::File& file, const NwbOptions& options,
                      const std::vector<int64_t>& electrodes, const Table* units, Sensors& sensors);

/// What was shown: the stimuli, and which of them in each trial (-1: none).
struct Stimuli {
  std::vector<int64_t> of_trial;
  std::vector<std::string> name;
  int64_t height = 0, width = 0, channels = 3;
  std::function<void(RecordingWriter&)> append_to;
};
Stimuli read_stimuli(const hdf5::File& file, const NwbOptions& options, const Table& trials,
                     const std::vector<double>& onset, ImportReport& report);

}  // namespace afterimage::nwb
