#pragma once

#include <string>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Receptive fields as figures with inline SVG: for each ROI its fields over the stimulus square
/// (circles of one standard deviation), unmapped sensors counted, and the size of all fields
/// against their distance from fixation, in degrees where the recording knows them.
/// Empty when no sensor is mapped.
std::string field_figures(const RecordingInfo& info);

}  // namespace afterimage
