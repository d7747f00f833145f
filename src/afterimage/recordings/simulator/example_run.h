#pragma once

#include <cstdint>

#include "afterimage/base/run_context.h"

/// For the simulator's tests: a quiet run on one thread, which these small problems are fastest on.
namespace afterimage::example {

inline RunContext run_with(int64_t seed) {
  RunOptions options;
  options.seed = seed;
  options.threads = 1;
  options.quiet = true;
  options.weights = AFTERIMAGE_ASSETS "/weights";
  return RunContext(options);
}

inline at::Generator generator(int64_t seed) { return run_with(seed).generator("test"); }

}  // namespace afterimage::example
