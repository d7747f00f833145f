#pragma once

namespace afterimage {

/// Makes Ctrl-C (SIGINT) and SIGTERM a request that long jobs look at between steps; a second one
/// ends the program at once.
void watch_interrupts();

/// True once the user has asked to stop.
bool interrupted();

}  // namespace afterimage
