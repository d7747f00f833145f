#pragma once

#include "afterimage/base/run_context.h"

namespace afterimage {

/// For programs: sets for the whole process what a run wants of it: LibTorch's threads and
/// determinism, and freed tensors stay with the process instead of going back to the system page by
/// page. The library itself sets nothing of this kind, so that it can live in a process that others
/// share.
void prepare_process(const RunContext& run);

}  // namespace afterimage
