#pragma once

#include <filesystem>

namespace afterimage {

/// Refuses a MATLAB file (v4 to v7.3) that ends within a variable: libmatio would fill what is
/// missing with zeros.
void check_mat_is_whole(const std::filesystem::path& path);

}  // namespace afterimage
