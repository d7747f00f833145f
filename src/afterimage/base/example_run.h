#pragma once

#include "afterimage/base/process.h"
#include "afterimage/base/run_context.h"

/// For tests and benchmarks, which are programs of their own: a run the process is prepared for.
namespace afterimage::example {

inline RunContext prepared_run(const RunOptions& options = {}) {
  const RunContext run(options);
  prepare_process(run);
  return run;
}

}  // namespace afterimage::example
