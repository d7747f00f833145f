#pragma once

#include <filesystem>
#include <string>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Writes a recording as a folder that NumPy ("npy") or MATLAB and Octave ("mat") read: responses
/// (trial, sensor, bin), images (stimulus, y, x, channel), stimuli.csv, trials.csv, sensors.csv,
/// and table.toml, by which `afterimage import table` makes the same recording of it. A simulator's
/// truth stays behind. Errors: the folder exists and `force` is off, a full disk.
void export_recording(const Recording& recording, const std::filesystem::path& folder,
                      const std::string& format, bool force);

}  // namespace afterimage
