#pragma once

#include <filesystem>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The figures of the report's section on receptive fields (field_map.h) as SVG files of their own
/// in the folder `out`: one per area, named after it, and "sizes.svg", size against distance from
/// fixation. Errors: no sensor is mapped, the folder exists (unless `force`).
void write_field_plots(const RecordingInfo& info, const std::filesystem::path& out, bool force);

}  // namespace afterimage
