#include "afterimage/base/interrupt.h"

#include <csignal>

namespace afterimage {
namespace {

// Never destroyed: a signal may come while the process ends.
const Cancellation* asked = nullptr;

void on_signal(int number) {
  if (!asked->requested()) return asked->request();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

Cancellation watch_interrupts() {
  if (asked == nullptr) asked = new Cancellation;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return *asked;
}

}  // namespace afterimage
