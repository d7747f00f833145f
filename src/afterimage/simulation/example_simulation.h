#pragma once

#include <cstdint>

#include "afterimage/base/example_run.h"

/// For the simulator's tests: a quiet run on one thread, which these small problems are fastest on.
namespace afterimage::example {

inline RunContext run_with(int64_t seed) {
  RunOptions options;
  options.seed = seed;
  options.threads = 1;
  options.weights = AFTERIMAGE_ASSETS "/weights";
  return prepared_run(options);
}

inline at::Generator generator(int64_t seed) { return run_with(seed).generator("test"); }

}  // namespace afterimage::example
