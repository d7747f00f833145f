#include "afterimage/base/interrupt.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "afterimage/base/output.h"

namespace afterimage {
namespace {

constexpr int patience_ms = 700;
constexpr int stopped = 130;

/// Of the process. Never destroyed: a signal may come while the process ends.
struct Watch {
  Cancellation asked;
  std::atomic<int> signals{0};
  int bell[2] = {-1, -1};  // a pipe: each signal writes a byte
  std::mutex ending;       // held by who ends the program
  bool done = false;       // under `ending`: it ends by itself
};

Watch* watch = nullptr;

void on_signal(int number) {
  if (watch->signals.fetch_add(1) >= 2) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  watch->asked.request();
  [[maybe_unused]] const auto written = ::write(watch->bell[1], "", 1);
}

void say_line(const std::string& line) {
  std::fprintf(stderr, "%safterimage: %s\n", isatty(STDERR_FILENO) != 0 ? "\n" : "", line.c_str());
}

/// Waits for a byte of the bell; false when none came in time (-1: waits for ever).
bool rung(int milliseconds) {
  pollfd wait{watch->bell[0], POLLIN, 0};
  while (::poll(&wait, 1, milliseconds) < 0) {
  }
  char byte = 0;
  return (wait.revents & POLLIN) != 0 && ::read(watch->bell[0], &byte, 1) == 1;
}

void end_after_patience() {
  rung(-1);
  bool again = rung(patience_ms);
  if (!again && watch->asked.saving()) {
    say_line("stopping: finishing a step and saving it (Ctrl-C again: without)");
    while (!again && watch->asked.saving()) again = rung(patience_ms);
    if (!again) rung(patience_ms);  // saved: the rest is quick
  }
  watch->ending.lock();  // for ever, if the program ends here
  if (watch->done) return watch->ending.unlock();
  say_line(abandon_outputs());
  std::_Exit(stopped);
}

}  // namespace

Cancellation watch_interrupts() {
  if (watch == nullptr) {
    watch = new Watch;
    // Without a pipe (no file is left to open) there is the request, and nobody ends the program.
    if (::pipe(watch->bell) == 0) std::thread(end_after_patience).detach();
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return watch->asked;
}

EndedByInterrupts::~EndedByInterrupts() {
  if (watch == nullptr) return;
  const std::lock_guard<std::mutex> lock(watch->ending);
  watch->done = true;
}

}  // namespace afterimage
