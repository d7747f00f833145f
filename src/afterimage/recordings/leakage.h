#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Which stimuli of one split were learned from in another. Each is in the first list that holds
/// for it; all are rows of the recording's stimuli, in ascending order.
struct SharedStimuli {
  std::string train, test;       ///< the splits; `test` is what is judged
  int64_t tested = 0;            ///< how many stimuli `test` shows
  std::vector<int64_t> rows;     ///< shown in `train` too
  std::vector<int64_t> pixels;   ///< `train` shows another stimulus with equal pixels
  std::vector<int64_t> sources;  ///< `train` shows another part of the same source

  int64_t count() const { return std::ssize(rows) + std::ssize(pixels) + std::ssize(sources); }
  /// "6 of the 100 stimuli of 'test' are in 'train' too (2 the same stimulus, ...)"; "" for none.
  std::string text() const;
  /// {"train", "test", "tested", "rows", "pixels", "sources"}.
  nlohmann::json to_json() const;
  static SharedStimuli from_json(const nlohmann::json& json);
};

/// Rows of the stimuli that a split shows, each once, in ascending order.
std::vector<int64_t> stimuli_of(const RecordingInfo& info, const std::string& split);

/// What `test` shares with `train`, by row, by pixels (their hashes, read in batches) and by
/// source. Errors: no such split.
SharedStimuli shared_stimuli(const Recording& recording, const std::string& train,
                             const std::string& test, const RunContext& run = RunContext());

/// What every other split shares with `train`, images read once. Errors: no such split.
std::vector<SharedStimuli> shared_stimuli(const Recording& recording, const std::string& train,
                                          const RunContext& run = RunContext());

/// The same of every two splits. Where one is called "train", it is the one that
/// is learned from.
std::vector<SharedStimuli> shared_stimuli(const Recording& recording,
                                          const RunContext& run = RunContext());

/// What these say to a user, a line each: those that share something (of many the first three and
/// how many more), else one line that none does.
std::vector<std::string> leakage_lines(const std::vector<SharedStimuli>& pairs);

}  // namespace afterimage
