#pragma once

#include <string>
#include <vector>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// "only 3 of 300 receptive fields lie on the stimulus ...", or "" where at least half do. Fields
/// given in degrees or pixels show themselves so. `hint` says what to do about it.
std::string fields_note(const Sensors& sensors, const std::string& hint = "");

/// "the images are almost black ...", or "": images of 0 and 1 in the place of 0 and 255. Looks at
/// a sample of the images.
std::string images_note(const Recording& recording);

/// What to know of a recording before it is trusted, a line each: all of the above. Quick: `train`,
/// `info`, the page and every import say them.
std::vector<std::string> recording_notes(const Recording& recording,
                                         const std::string& fields_hint = "");

}  // namespace afterimage
