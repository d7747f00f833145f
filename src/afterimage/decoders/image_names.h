#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace afterimage {

/// File names, without extension, of images named after their stimuli, all different: what a file
/// name cannot hold on some system ("/", ":", "?", ...), "%" and control characters become "%2F"
/// and so on, so that "a/b" and "a_b" stay two. Where any stimulus has several rows (single
/// trials), every name ends with the number of the row among those of its stimulus: "photo-1",
/// "photo-2". `stimulus`: the row of the recording's stimuli; `names`: theirs, for each row.
std::vector<std::string> image_names(const std::vector<int64_t>& stimulus,
                                     const std::vector<std::string>& names);

}  // namespace afterimage
