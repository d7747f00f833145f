#pragma once

#include <string>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Receptive fields as figures with inline SVG: for each ROI its fields over the stimulus square
/// (circles of one standard deviation), unmapped sensors counted, and the size of all fields
/// against their distance from the stimulus centre, in degrees where the recording knows them.
/// Empty when no sensor is mapped.
std::string field_figures(const Sensors& sensors, double degrees_per_stimulus);

}  // namespace afterimage
