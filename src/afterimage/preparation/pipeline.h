#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "afterimage/preparation/detrend.h"
#include "afterimage/preparation/reliability.h"
#include "afterimage/recordings/import_report.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/response_reader.h"
#include "afterimage/recordings/windows.h"

namespace afterimage {

struct PrepareOptions;

/// The responses of a recording after detrending, baseline, windows, delays and z-scores: any
/// trials are computed when asked for, so memory is that of a batch; what has to be estimated first
/// (drifts, means) takes a pass over the file each. With windows, only the bins that lie in them or
/// in the baseline are read.
class Pipeline {
 public:
  /// `trials`: with the splits of the result. What looks at test data is added to `transductive`.
  Pipeline(const Recording& from, const Trials& trials, const PrepareOptions& options,
           std::vector<std::string>& transductive, ImportReport& report);
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  const std::vector<Bin>& bins() const { return bins_; }
  /// The trials that can be asked for: with delays, those that enough others follow.
  const std::vector<int64_t>& trials() const { return valid_; }
  const ResponseReader& reader() const { return read_; }
  /// Each sensor's own windows, (sensor, bin, 2), where ROIs have different ones; else undefined.
  const at::Tensor& window_ms() const { return window_ms_; }
  /// Whether bins are still those of the recording.
  bool same_bins() const { return same_bins_; }

 private:
  void add_detrend(int64_t degree, std::vector<std::string>& transductive);
  void add_baseline(const at::Tensor& weights);
  void add_windows(const std::shared_ptr<Binning>& binning);
  void add_delays(const std::vector<int64_t>& delays, ImportReport& report);
  void add_zscore(const std::string& kind, std::vector<std::string>& transductive);
  using Step = std::function<at::Tensor(const at::Tensor&, const std::vector<int64_t>& trials)>;
  /// Responses that were read pass through this one too, last; it takes so many bytes for each
  /// value of its result.
  void add_step(Step step, int64_t bytes_per_value);

  const Recording& from_;
  const Trials& trials_;
  std::string where_;
  std::vector<Bin> bins_;
  std::vector<int64_t> valid_;  ///< trials
  ResponseReader read_;
  at::Tensor window_ms_;
  bool same_bins_ = true;
};

}  // namespace afterimage
