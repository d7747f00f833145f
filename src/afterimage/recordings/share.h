#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The photograph a stimulus was cut from (`/stimuli/source`); its own name where that is unknown.
const std::string& photograph_of(const RecordingInfo& info, int64_t stimulus);

/// Those of `trials` that show a share of the photographs shown in them: `fraction` of these,
/// rounded, at least one, drawn by `seed`. With the same seed a smaller share is part of a larger
/// one. In the order given.
std::vector<int64_t> share_of_trials(const RecordingInfo& info, const std::vector<int64_t>& trials,
                                     double fraction, uint64_t seed);

}  // namespace afterimage
