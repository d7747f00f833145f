#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The trials (rows) a decoder learns from and those it is judged on.
struct TrialFold {
  std::vector<int64_t> train, test;
  int64_t left_out = 0;  ///< trials of other groups that show a tested stimulus: in neither
};

/// The trials (rows, rising) of these splits; none named: of all splits. Errors, at `where`: no
/// such split, no trial that has one.
std::vector<int64_t> trials_of_splits(const RecordingInfo& info,
                                      const std::vector<std::string>& splits,
                                      const std::string& where);

/// Cuts trials into `folds` folds ("10", or "all": one per group). Trials of one group share a
/// fold: `by` stimulus, source (the photograph a stimulus was cut from, itself where that is
/// unknown), block or category. A stimulus that is tested is never learned from: where it was also
/// shown in another group (blocks), those trials are left out of that fold's training. Groups are
/// dealt in an order drawn from `generator`.
///
/// Errors, at `where`: fewer groups than folds, stimuli without a category, a fold that leaves no
/// trial to learn from.
std::vector<TrialFold> trial_folds(const RecordingInfo& info, const std::vector<int64_t>& trials,
                                   const std::string& by, const std::string& folds,
                                   at::Generator generator, const std::string& where);

/// How many stimuli are tested whose source is also that of a stimulus learned from then.
int64_t stimuli_sharing_sources(const RecordingInfo& info, const std::vector<TrialFold>& folds);

}  // namespace afterimage
