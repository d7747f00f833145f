#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "afterimage/base/run_context.h"

namespace afterimage {

/// One thing worth knowing about this machine or installation.
struct SystemFact {
  std::string name;
  std::string value;
  bool good = true;
  std::string advice;  ///< what to do about it; empty when there is nothing to do
};

/// What decides how fast and how well Afterimage runs here: LibTorch and its arithmetic libraries,
/// processor, threads of `run`, variables in the environment that change them, CUDA, measured speed
/// of matrix products (about a second), memory, and the disk that `folder` is on.
std::vector<SystemFact> system_report(const RunContext& run,
                                      const std::filesystem::path& folder = ".");

/// Bytes of memory that are free on this machine; 0 where it does not say.
double available_memory();

}  // namespace afterimage
