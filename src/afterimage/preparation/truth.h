#pragma once

#include <cstdint>
#include <vector>

#include "afterimage/preparation/pipeline.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Takes over what of the truth (docs/simulator.md) still fits: that of sensors for the kept ones;
/// that of bins, trials or the images' geometry only where these are as they were. The windows of
/// each sensor go to "window_ms".
void copy_truth(const Recording& from, const std::vector<int64_t>& sensors,
                const Pipeline& pipeline, bool same_trials, bool images_changed,
                RecordingWriter& writer);

}  // namespace afterimage
