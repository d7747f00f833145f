#pragma once

#include <cstddef>
#include <string>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Colours a chart has before they recur: the classes series-0 to series-7 of the style sheet.
inline constexpr size_t series_colours = 8;

/// Receptive field size against the distance of its centre from fixation (from the middle of the
/// stimulus where fixation is unknown): a dot per sensor and, for each ROI, the medians of five
/// equally filled distance bins. In degrees where the recording knows them, else in stimulus
/// widths. Empty when no mapped sensor has a size.
std::string field_size_figure(const RecordingInfo& info);

}  // namespace afterimage
