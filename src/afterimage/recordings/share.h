#pragma once

#include <cstdint>
#include <vector>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Those of `trials` that show a share of the photographs shown in them (a stimulus' own name where
/// its photograph is unknown): `fraction` of these, rounded, at least one, drawn by `seed`. With
/// the same seed a smaller share is part of a larger one. In the order given.
std::vector<int64_t> share_of_trials(const RecordingInfo& info, const std::vector<int64_t>& trials,
                                     double fraction, uint64_t seed);

}  // namespace afterimage
