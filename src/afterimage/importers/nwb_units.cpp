#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nwb_parts.h"

namespace afterimage::nwb {
namespace {

constexpr int64_t bytes_at_once = int64_t{256} << 20;  // each batch of trials reads all spikes

/// Spikes a second of sorted units.
class UnitResponses : public Responses {
 public:
  UnitResponses(const hdf5::File& file, const NwbOptions& options)
      : file_(file), table_(file, "units") {
    if (!table_.has("spike_times") || !table_.has("spike_times_index")) {
      throw Error(table_.where(), "has no spike times",
                  "Units are read by 'spike_times' and 'spike_times_index'; name a series by "
                  "--responses where there is one");
    }
    ends_ = table_.ends("spike_times");
    sensors_ = plain_sensors(table_.rows(), "unit");
    if (sensors_.count() == 0) throw Error(table_.where(), "has no units");
    const auto ids = file.read<int64_t>("units/id");
    for (size_t u = 0; u < ids.size(); ++u) sensors_.name[u] = concat("unit-", ids[u]);
    describe_sensors(file, options, electrodes(), &table_, sensors_);
    read_observed();
  }

  bool covers(const std::vector<Window>& windows) const override {
    double start = windows.front().first, stop = windows.front().second;
    for (const auto& window : windows) {  // a unit that is silent has a rate, too
      start = std::min(start, window.first);
      stop = std::max(stop, window.second);
    }
    return std::all_of(observed_.begin(), observed_.end(), [&](const auto& intervals) {
      return std::any_of(intervals.begin(), intervals.end(), [&](const auto& interval) {
        return start >= interval.first - edge && stop <= interval.second + edge;
      });
    });
  }

  void append_to(RecordingWriter& writer, const std::vector<double>& onset,
                 const at::Tensor& window_ms) const override {
    const int64_t bins = window_ms.size(1), units = table_.rows();
    const auto ms = window_ms.accessor<double, 3>();
    const auto trials = all_rows(static_cast<int64_t>(onset.size()));
    for_batches(
        trials, rows_per_batch(units * bins * 4, bytes_at_once),
        [&](int64_t, const std::vector<int64_t>& part) {
          const auto count = static_cast<int64_t>(part.size());
          at::Tensor rates = at::empty({count, units, bins}, at::kFloat);
          auto out = rates.accessor<float, 3>();
          for (int64_t unit = 0; unit < units; ++unit) {
            const auto spikes = spikes_of(unit);
            const auto before = [&](double time) {
              return std::lower_bound(spikes.begin(), spikes.end(), time - edge) - spikes.begin();
            };
            for (int64_t t = 0; t < count; ++t) {
              const double start = onset[static_cast<size_t>(part[static_cast<size_t>(t)])];
              for (int64_t bin = 0; bin < bins; ++bin) {
                const double from = start + ms[unit][bin][0] / 1000;
                const double to = start + ms[unit][bin][1] / 1000;
                const double seconds = (ms[unit][bin][1] - ms[unit][bin][0]) / 1000;
                out[t][unit][bin] =
                    static_cast<float>(static_cast<double>(before(to) - before(from)) / seconds);
              }
            }
          }
          writer.append_responses(rates);
        });
  }

 private:
  /// The first electrode of each unit, -1 where it has none; empty where the file does not say.
  std::vector<int64_t> electrodes() const {
    const std::string table = "general/extracellular_ephys/electrodes/id";
    std::vector<int64_t> rows;
    if (table_.has("electrodes_index")) {
      const auto all = file_.read<int64_t>("units/electrodes");
      int64_t begin = 0;
      for (const int64_t end : table_.ends("electrodes")) {
        rows.push_back(end > begin ? all[static_cast<size_t>(begin)] : -1);
        begin = end;
      }
    } else if (table_.has("peak_channel_id") && file_.has(table)) {
      std::unordered_map<int64_t, int64_t> row_of;
      const auto ids = file_.read<int64_t>(table);
      for (size_t i = 0; i < ids.size(); ++i) row_of.emplace(ids[i], static_cast<int64_t>(i));
      for (const int64_t id : file_.read<int64_t>("units/peak_channel_id")) {
        const auto found = row_of.find(id);
        rows.push_back(found == row_of.end() ? -1 : found->second);
      }
    }
    return rows;
  }

  void read_observed() {
    if (!table_.has("obs_intervals_index")) return;
    file_.require_shape("units/obs_intervals", {-1, 2}, {"interval", "start and stop"});
    const auto times = file_.read<double>("units/obs_intervals");
    int64_t begin = 0;
    for (const int64_t end : table_.ends("obs_intervals")) {
      auto& intervals = observed_.emplace_back();
      for (; begin < end; ++begin) {
        const auto at = static_cast<size_t>(begin) * 2;
        intervals.emplace_back(times[at], times[at + 1]);
      }
    }
  }

  std::vector<double> spikes_of(int64_t unit) const {
    const int64_t begin = unit == 0 ? 0 : ends_[static_cast<size_t>(unit) - 1];
    const int64_t count = ends_[static_cast<size_t>(unit)] - begin;
    std::vector<double> times(static_cast<size_t>(count));
    file_.read_block<double>("units/spike_times", {begin}, {count}, times.data());
    if (!std::all_of(times.begin(), times.end(), [](double t) { return std::isfinite(t); })) {
      throw Error(table_.where(),
                  concat("'", sensors_.name[static_cast<size_t>(unit)],
                         "' has spike times that are NaN or infinite"),
                  "Spike times are seconds");
    }
    std::sort(times.begin(), times.end());
    return times;
  }

  const hdf5::File& file_;
  Table table_;
  std::vector<int64_t> ends_;
  std::vector<std::vector<std::pair<double, double>>> observed_;  ///< of each unit; none: all
};

}  // namespace

std::unique_ptr<Responses> open_units(const hdf5::File& file, const NwbOptions& options) {
  return std::make_unique<UnitResponses>(file, options);
}

}  // namespace afterimage::nwb
