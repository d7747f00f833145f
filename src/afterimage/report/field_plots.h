#pragma once

#include <filesystem>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The figures of the report's section on receptive fields (field_map.h) as SVG files of their own
/// in the folder `out`: one per area, named after it, and "sizes.svg", size against distance from
/// the stimulus centre. Errors: no sensor is mapped, the folder exists (unless `force`).
void write_field_plots(const Sensors& sensors, double degrees_per_stimulus,
                       const std::filesystem::path& out, bool force);

}  // namespace afterimage
