#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace afterimage {

/// One thing worth knowing about the machine. `advice` says what to do when it is not `ok`.
struct Fact {
  std::string name;
  std::string value;
  bool ok = true;
  std::string advice;
};

/// What decides how fast and how well Afterimage runs here: LibTorch and its arithmetic libraries,
/// processor, threads, variables in the environment that change them, CUDA, measured speed of
/// matrix products (about a second), memory, and the disk that `folder` is on.
std::vector<Fact> system_report(const std::filesystem::path& folder);

}  // namespace afterimage
