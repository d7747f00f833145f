#include "afterimage/base/terminal_listener.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Clock = std::chrono::steady_clock;

std::string bar(const ProgressState& state) {
  constexpr int64_t width = 24;
  const int64_t filled = state.total > 0 ? std::min(width, width * state.done / state.total) : 0;
  return " [" + std::string(static_cast<size_t>(filled), '=') +
         std::string(static_cast<size_t>(width - filled), ' ') + "]";
}

std::string numbers(const ProgressState& state) {
  const double rate = static_cast<double>(state.done - state.first) / state.seconds;
  char text[96];
  std::snprintf(text, sizeof text, " %lld/%lld, %.3g %s/s", static_cast<long long>(state.done),
                static_cast<long long>(state.total), rate, state.unit.c_str());
  std::string line = text;
  if (!state.note.empty()) line += ", " + state.note;
  const auto left = static_cast<double>(state.total - state.done) / std::max(rate, 1e-9);
  return line + (state.last ? ", took " + duration_text(state.seconds)
                            : ", " + duration_text(left) + " left");
}

}  // namespace

TerminalListener::TerminalListener()
    : terminal_(isatty(STDERR_FILENO) != 0), drawn_(Clock::now()) {}

void TerminalListener::say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

void TerminalListener::progress(const ProgressState& state) {
  const auto now = Clock::now();
  const std::chrono::duration<double> pause(terminal_ ? 0.1 : 10.0);
  if (state.done == state.first && !state.last) drawn_ = now;  // a new job
  if (!state.last && now - drawn_ < pause) return;
  drawn_ = now;
  const std::string line = state.title + (terminal_ ? bar(state) : "") + numbers(state);
  std::fprintf(stderr, terminal_ ? "\r\033[K%s%s" : "%s%s", line.c_str(),
               state.last || !terminal_ ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace afterimage
