#include "afterimage/preparation/pipeline.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/preparation/prepare.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/normalisation.h"

namespace afterimage {
namespace {

/// Weights (bin) of the mean that is taken away.
at::Tensor baseline_weights(const std::string& text, const std::vector<Bin>& bins,
                            const std::string& where) {
  const Windows windows = Windows::parse(text, where);
  if (windows.all() || windows.of("", where).size() != 1 || windows.of("", where)[0].stop_ms > 0) {
    throw Error(where, concat("'", text, "' is no window before the stimulus"),
                "Such as -100-0, in milliseconds");
  }
  return window_weights(bins, windows.of("", where)[0], where);
}

/// Rows of the bins that windows or baseline (where there is one) use.
std::vector<int64_t> bins_read(const Binning& binning, const at::Tensor& baseline) {
  std::vector<int64_t> rows = binning.bins_used();
  if (baseline.defined()) {
    for (int64_t bin = 0; bin < baseline.numel(); ++bin) {
      if (baseline[bin].item<float>() != 0) rows.push_back(bin);
    }
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace

Pipeline::Pipeline(const Recording& from, const Trials& trials, const PrepareOptions& options,
                   std::vector<std::string>& transductive, ImportReport& report)
    : from_(from),
      trials_(trials),
      where_(from.path().string()),
      bins_(from.info().bins),
      valid_(all_rows(trials.count())) {
  at::Tensor baseline;
  std::shared_ptr<Binning> binning;
  std::vector<int64_t> rows = all_rows(from.bins());
  if (options.baseline != "none") {
    baseline = baseline_weights(options.baseline, bins_, where_ + ", option baseline");
  }
  if (options.windows != "all") {
    const std::string where = where_ + ", option windows";
    binning = std::make_shared<Binning>(Windows::parse(options.windows, where), bins_,
                                        from.info().sensors, where);
    rows = bins_read(*binning, baseline);
    binning->narrow_to(rows);
    bins_ = select_bins(bins_, rows);
    if (baseline.defined()) baseline = baseline.index_select(0, at::tensor(rows, at::kLong));
  }
  read_ = {[this, rows](const std::vector<int64_t>& asked) { return from_.responses(asked, rows); },
           from.sensors() * std::ssize(rows) * 4};
  if (options.detrend > 0) add_detrend(options.detrend, transductive);
  if (baseline.defined()) add_baseline(baseline);
  if (binning) add_windows(binning);
  if (!options.delays.empty()) add_delays(options.delays, report);
  if (options.zscore != "none") add_zscore(options.zscore, transductive);
}

void Pipeline::add_step(Step step, int64_t bytes_per_value) {
  const int64_t bytes = from_.sensors() * std::ssize(bins_) * bytes_per_value;
  read_ = {[step = std::move(step), before = read_](const std::vector<int64_t>& rows) {
             return step(before(rows), rows);
           },
           read_.bytes_per_row + bytes};
}

void Pipeline::add_detrend(int64_t degree, std::vector<std::string>& transductive) {
  const auto drift = std::make_shared<Detrend>(Detrend::fit(read_, trials_, degree));
  if (drift->transductive_blocks() > 0) {
    transductive.push_back(concat("the drift of ", drift->transductive_blocks(),
                                  " blocks with too few training trials was fitted to their own"));
  }
  add_step([drift](const at::Tensor& values,
                   const std::vector<int64_t>& rows) { return drift->apply(values, rows); },
           4 + 8 + 4);  // the result, and what is taken away as double and float
}

void Pipeline::add_baseline(const at::Tensor& weights) {
  add_step(
      [weights](const at::Tensor& values, const std::vector<int64_t>&) {  // (n, sensor, bin)
        return values - values.matmul(weights).unsqueeze(2);
      },
      4);
}

void Pipeline::add_windows(const std::shared_ptr<Binning>& binning) {
  read_.bytes_per_row += from_.sensors() * std::ssize(bins_) * 4;  // a copy of each ROI's
  bins_ = binning->bins();
  same_bins_ = false;
  if (!binning->same_for_all()) window_ms_ = binning->window_ms();
  add_step([binning](const at::Tensor& values,
                     const std::vector<int64_t>&) { return binning->apply(values); },
           2 * 4);
}

void Pipeline::add_delays(const std::vector<int64_t>& delays, ImportReport& report) {
  const double rate = from_.info().frames_per_second;
  if (rate <= 0) {
    throw Error(where_, "delays are for films, and its stimuli are still images",
                "Leave --delays out, or set 'frames_per_second' of /stimuli");
  }
  std::vector<Bin> delayed;
  for (const int64_t delay : delays) {
    for (const Bin& bin : bins_) {
      const double shift = 1000 * static_cast<double>(delay) / rate;
      delayed.push_back({bin.start_ms + shift, bin.stop_ms + shift});
    }
  }
  bins_ = delayed;
  same_bins_ = false;
  window_ms_ = at::Tensor();
  const int64_t longest = *std::max_element(delays.begin(), delays.end());
  // Followers must be of the same block and split, without a gap: no test response in training.
  std::vector<int64_t> followed;
  int64_t end = 0;  // of the run that the trial lies in
  for (const int64_t trial : valid_) {
    const auto t = static_cast<size_t>(trial);
    for (end = std::max(end, trial + 1); end < trials_.count(); ++end) {
      const auto e = static_cast<size_t>(end);
      if (trials_.block[e] != trials_.block[t] || trials_.split[e] != trials_.split[t]) break;
    }
    if (trial + longest < end) followed.push_back(trial);
  }
  if (followed.empty()) {
    throw Error(where_,
                concat("no block and split is longer than the delay of ", longest, " trials"));
  }
  if (followed.size() < valid_.size()) {
    report.dropped.push_back({"trials", static_cast<int64_t>(valid_.size() - followed.size()),
                              concat("fewer than ", longest, " trials of their block follow")});
  }
  valid_ = followed;
  const int64_t together = from_.sensors() * std::ssize(bins_) * 2 * 4;
  read_.read = [delays, before = read_](const std::vector<int64_t>& rows) {
    std::vector<at::Tensor> parts;
    for (const int64_t delay : delays) {
      std::vector<int64_t> later = rows;
      for (int64_t& row : later) row += delay;
      parts.push_back(before(later));
    }
    return at::cat(parts, 2);  // (n, sensor, delay * bin)
  };
  read_.bytes_per_row += together;
}

void Pipeline::add_zscore(const std::string& kind, std::vector<std::string>& transductive) {
  const std::string split = kind == "test-day" ? "test" : "train";
  std::vector<int64_t> rows;
  for (const int64_t trial : valid_) {
    if (trials_.split[static_cast<size_t>(trial)] == split) rows.push_back(trial);
  }
  if (rows.size() < 2) {
    throw Error(where_, concat("z-scores need trials of the split '", split, "', and it has ",
                               rows.size()));
  }
  if (kind == "test-day") {
    transductive.push_back(
        "responses were z-scored with the mean and spread of each block's test "
        "trials");
  }
  const auto scores = std::make_shared<Normalisation>(
      Normalisation::fit(read_, rows, trials_.block, kind != "all"));
  add_step(
      [this, scores](const at::Tensor& values, const std::vector<int64_t>& asked) {
        std::vector<int64_t> block;
        for (const int64_t row : asked) block.push_back(trials_.block[static_cast<size_t>(row)]);
        return scores->apply(values, block);
      },
      2 * 4);
}

}  // namespace afterimage
