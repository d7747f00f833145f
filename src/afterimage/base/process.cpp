#include "afterimage/base/process.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <limits>

namespace afterimage {
namespace {

/// glibc otherwise hands every large buffer back to the kernel and takes it again, page fault by
/// page fault, each training step.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace

void prepare_process(const RunContext& run) {
  keep_freed_memory();
  at::set_num_threads(run.threads());
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  at::globalContext().setBenchmarkCuDNN(false);
}

}  // namespace afterimage
