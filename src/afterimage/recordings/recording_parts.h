#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/hdf5_heading.h"
#include "afterimage/recordings/recording.h"

/// What the reader and the writer of recordings share; nobody else includes this.
namespace afterimage::recording_parts {

inline const hdf5::Heading heading = {"afterimage-recording", 1, "recording",
                                      "Make a recording with 'afterimage import' or 'simulate'"};

/// All but the images and the responses, checked.
RecordingInfo read_info(const hdf5::File& file);

/// Refuses NaN and infinite responses, (n, sensor, bin); row i is trial `trials[i]`, place b the
/// bin `bins[b]`.
void require_finite(const at::Tensor& responses, const std::vector<int64_t>& trials,
                    const std::vector<int64_t>& bins, const Sensors& sensors,
                    const std::string& where);

}  // namespace afterimage::recording_parts
