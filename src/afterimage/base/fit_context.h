#pragma once

#include <filesystem>
#include <string>

#include "afterimage/base/run_context.h"

namespace afterimage {

/// Where and how a fit runs: `folder` is the model in the making (training log, checkpoints);
/// empty: nothing is written.
struct FitContext {
  const RunContext& run;
  std::filesystem::path folder;
  bool resume = false;  ///< go on from the checkpoint in `folder`
  std::string
      settings;  ///< fingerprint of options, recording and seed: a checkpoint of another is refused
};

}  // namespace afterimage
