#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/recordings/import_report.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// How trials are divided into training and test.
struct SplitOptions {
  std::string split = "given";
  double test_share = 0.1;
  std::vector<int64_t> test_blocks;
  int64_t clusters = 100;

  Options options();
};

/// Sets `trials.split` of `info` as asked for. Stimuli of one source stay together.
///     given      as they are
///     block      the test blocks (`test_blocks`, or the last share of them); a stimulus seen in
///                both is left out of the training
///     source     whole photographs, drawn at random, until the test has its share of the stimuli
///     category   the same with whole categories
///     cluster    the same with clusters of like images: SqueezeNet features (the last layer
///                before the classifier, averaged over space), k-means
/// Errors at the recording's name: no categories, blocks that are not there, nothing left to train.
void divide(const Recording& recording, const SplitOptions& options, const RunContext& run,
            RecordingInfo& info, ImportReport& report);

}  // namespace afterimage
