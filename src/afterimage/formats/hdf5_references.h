#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace afterimage::hdf5 {

/// The names of the objects that a list of object references leads to, as seen from the root
/// ("/group/name"). Errors: no references, or some that lead nowhere.
std::vector<std::string> referenced_names(const std::filesystem::path& file,
                                          const std::string& dataset);

}  // namespace afterimage::hdf5
