#pragma once

#include "afterimage/base/cancellation.h"

namespace afterimage {

/// For programs: makes Ctrl-C (SIGINT) and SIGTERM the request that this gives back, the same one
/// at each call; a second one ends the program at once.
Cancellation watch_interrupts();

}  // namespace afterimage
