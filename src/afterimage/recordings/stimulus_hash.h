#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// SHA-256 of the pixels of each of these stimuli, in hexadecimal: of its height x width x 3 bytes
/// of RGB, row by row from the top left (gray is repeated). Equal where two stimuli are one
/// picture, whatever they are called. Each stimulus is read once, in batches; `run` may stop it. In
/// Python:
///   hashlib.sha256(file["stimuli/images"][row].tobytes()).hexdigest()
std::vector<std::string> stimulus_hashes(const Recording& recording,
                                         const std::vector<int64_t>& stimuli,
                                         const RunContext& run = RunContext());

/// A number for each label, equal where labels are: 0, 1, ... in order of first appearance.
std::vector<int64_t> numbered_by_first(const std::vector<std::string>& labels);
std::vector<int64_t> numbered_by_first(const std::vector<int64_t>& labels);

}  // namespace afterimage
