#pragma once

#include "afterimage/base/cancellation.h"

namespace afterimage {

/// For programs: makes Ctrl-C (SIGINT) and SIGTERM the request that this gives back, the same one
/// at each call. A job that has not answered in .7 s (one long call of LAPACK, a slow disk) is
/// ended where it stands: unfinished outputs are removed (base/output.h), one line says what is
/// left, and the exit code is 130. One that saves (Cancellation::Saving) is waited for, and the
/// user told. A second signal ends it at once, a third kills.
Cancellation watch_interrupts();

/// While it lives the program may be ended so; `main` has one. From its end on the program ends by
/// itself.
class EndedByInterrupts {
 public:
  EndedByInterrupts() = default;
  ~EndedByInterrupts();
  EndedByInterrupts(const EndedByInterrupts&) = delete;
  EndedByInterrupts& operator=(const EndedByInterrupts&) = delete;
};

}  // namespace afterimage
