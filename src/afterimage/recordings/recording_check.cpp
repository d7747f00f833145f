#include "afterimage/recordings/recording_check.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <unordered_map>

#include "afterimage/base/batches.h"
#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/recording_notes.h"

namespace afterimage {
namespace {

using Lines = std::vector<std::string>;

/// The first few names, and how many more there are.
std::string some_of(const Lines& names) {
  constexpr size_t most = 5;
  const Lines first(names.begin(), names.begin() + std::min(most, names.size()));
  return join(first) +
         (names.size() > most ? concat(" and ", names.size() - most, " more") : std::string());
}

/// Rows that hold the same bytes as an earlier one.
class Duplicates {
 public:
  void add(const at::Tensor& row) {
    const at::Tensor whole = row.contiguous();
    const auto* bytes = static_cast<const char*>(whole.const_data_ptr());
    const auto [found, added] = first_.emplace(sha256({bytes, whole.nbytes()}), count_);
    if (!added) pairs_.emplace_back(found->second, count_);
    ++count_;
  }
  const std::vector<std::pair<int64_t, int64_t>>& pairs() const { return pairs_; }

 private:
  std::unordered_map<std::string, int64_t> first_;
  std::vector<std::pair<int64_t, int64_t>> pairs_;  // the earlier one and this
  int64_t count_ = 0;
};

/// What is found in the responses, a batch at a time.
class ResponseCheck {
 public:
  explicit ResponseCheck(const RecordingInfo& info)
      : info_(info),
        low_(at::full({info.sensors.count()}, INFINITY)),
        high_(at::full({info.sensors.count()}, -INFINITY)),
        bad_(at::zeros({info.sensors.count()}, at::kLong)) {}

  void add(const at::Tensor& values, const std::vector<int64_t>& trials) {  // (n, sensor, bin)
    const at::Tensor wrong = values.isfinite().logical_not();
    bad_ += wrong.sum(at::IntArrayRef{0, 2});
    const at::Tensor trials_wrong = wrong.flatten(1).any(1);
    bad_trials_ += trials_wrong.sum().item<int64_t>();
    if (first_.empty() && trials_wrong.any().item<bool>()) {
      const at::Tensor at = wrong.nonzero()[0];
      const auto sensor = at[1].item<int64_t>();
      first_ = concat("trial ", trials[static_cast<size_t>(at[0].item<int64_t>())], ", sensor ",
                      sensor, " ('", info_.sensors.name[static_cast<size_t>(sensor)], "'), bin ",
                      at[2].item<int64_t>());
    }
    low_ = at::minimum(low_, values.masked_fill(wrong, INFINITY).amin({0, 2}));
    high_ = at::maximum(high_, values.masked_fill(wrong, -INFINITY).amax({0, 2}));
    for (const auto& trial : values.unbind()) duplicates_.add(trial);
  }

  void say(Lines& lines) const {
    if (!first_.empty()) {
      lines.push_back(concat("responses: ", bad_.sum().item<int64_t>(),
                             " values are NaN or infinite, of ", bad_.gt(0).sum().item<int64_t>(),
                             " sensors in ", bad_trials_, " trials; the first: ", first_));
    }
    Lines still;
    for (int64_t s = 0; s < low_.numel(); ++s) {
      if (low_[s].item<float>() < high_[s].item<float>()) continue;
      still.push_back(info_.sensors.name[static_cast<size_t>(s)]);
    }
    if (!still.empty()) {
      lines.push_back(concat("sensors: ", still.size(), " never change: ", some_of(still)));
    }
    if (duplicates_.pairs().empty()) return;
    const auto [a, b] = duplicates_.pairs()[0];
    lines.push_back(concat("trials: ", duplicates_.pairs().size(),
                           " have just the responses of another; the first: ", a, " and ", b));
  }

 private:
  const RecordingInfo& info_;
  at::Tensor low_, high_, bad_;  // of each sensor
  int64_t bad_trials_ = 0;
  std::string first_;
  Duplicates duplicates_;
};

constexpr const char* stopped = "stopped before all was read";

void check_images(const Recording& recording, const RunContext& run, Lines& lines) {
  const RecordingInfo& info = recording.info();
  Duplicates duplicates;
  Progress progress(run, "images", info.stimuli(), "image");
  for_batches(all_rows(info.stimuli()), rows_per_batch(info.height * info.width * 3),
              [&](int64_t, const std::vector<int64_t>& rows) {
                run.stop_if_cancelled(stopped);
                for (const auto& image : recording.images(rows).unbind()) duplicates.add(image);
                progress.advance(static_cast<int64_t>(rows.size()));
              });
  if (duplicates.pairs().empty()) return;
  Lines pairs;
  for (const auto& [a, b] : duplicates.pairs()) {
    pairs.push_back(concat("'", info.stimulus_name[static_cast<size_t>(a)], "' and '",
                           info.stimulus_name[static_cast<size_t>(b)], "'"));
  }
  lines.push_back(
      concat("stimuli: ", pairs.size(), " have just the pixels of another: ", some_of(pairs)));
}

}  // namespace

std::vector<std::string> check_recording(const Recording& recording, const RunContext& run) {
  const RecordingInfo& info = recording.info();
  Lines lines;
  ResponseCheck responses(info);
  Progress progress(run, "trials", info.trials.count(), "trial");
  for_batches(all_rows(info.trials.count()),
              rows_per_batch(recording.sensors() * recording.bins() * 8),
              [&](int64_t, const std::vector<int64_t>& rows) {
                run.stop_if_cancelled(stopped);
                responses.add(recording.stored_responses(rows), rows);
                progress.advance(static_cast<int64_t>(rows.size()));
              });
  responses.say(lines);
  const auto notes = recording_notes(recording);
  lines.insert(lines.end(), notes.begin(), notes.end());
  try {
    check_images(recording, run, lines);
  } catch (const Error& error) {  // values of a wider type that are no bytes
    if (std::find(lines.begin(), lines.end(), error.what()) == lines.end()) {
      lines.emplace_back(error.what());
    }
  }
  return lines;
}

}  // namespace afterimage
