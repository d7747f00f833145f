#pragma once

#include <string>
#include <vector>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Reads all of a recording, batch by batch, and says what is wrong with it, a line each: responses
/// that are NaN or infinite, sensors that never change, images that cannot be read or have the
/// pixels of another, trials with the responses of another; and `recording_notes`. Nothing: all is
/// well.
std::vector<std::string> check_recording(const Recording& recording, const RunContext& run);

}  // namespace afterimage
