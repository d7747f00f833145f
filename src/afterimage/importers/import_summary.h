#pragma once

#include <string>
#include <vector>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/import_report.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// What an import made of a laboratory's files, a line each: stimuli, trials of each split with
/// their stimuli and repeats, sensors of each ROI, what was dropped and why, and stimuli that are
/// in two splits (leakage.h), which makes scores look better than they are.
std::vector<std::string> import_summary(const Recording& recording, const ImportReport& report,
                                        const RunContext& run = RunContext());

}  // namespace afterimage
