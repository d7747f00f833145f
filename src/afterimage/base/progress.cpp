#include "afterimage/base/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Progress::Progress(std::string title, int64_t total, std::string unit, bool quiet, int64_t done)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      first_(done),
      done_(done),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      drawn_(start_) {}

Progress::~Progress() {
  if (!quiet_ && done_ > first_) draw(/*last=*/true);
}

void Progress::advance(int64_t count, const std::string& note) {
  done_ += count;
  if (!note.empty()) note_ = note;
  if (quiet_ || done_ >= total_) return;  // the destructor draws the last state
  if (seconds_since(drawn_) < (terminal_ ? 0.1 : 10.0)) return;
  drawn_ = Clock::now();
  draw(/*last=*/false);
}

void Progress::draw(bool last) {
  const double elapsed = std::max(1e-9, seconds_since(start_));
  const double rate = static_cast<double>(done_ - first_) / elapsed;
  std::string line = title_;
  if (terminal_) {
    constexpr int64_t width = 24;
    const int64_t filled = total_ > 0 ? std::min(width, width * done_ / total_) : 0;
    line += " [" + std::string(static_cast<size_t>(filled), '=') +
            std::string(static_cast<size_t>(width - filled), ' ') + "]";
  }
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, " %lld/%lld, %.3g %s/s", static_cast<long long>(done_),
                static_cast<long long>(total_), rate, unit_.c_str());
  line += numbers;
  if (!note_.empty()) line += ", " + note_;
  line += last ? ", took " + duration_text(elapsed)
               : ", " + duration_text(static_cast<double>(total_ - done_) / std::max(rate, 1e-9)) +
                     " left";
  std::fprintf(stderr, terminal_ ? "\r\033[K%s%s" : "%s%s", line.c_str(),
               last || !terminal_ ? "\n" : "");
  std::fflush(stderr);
}

void say(bool quiet, const std::string& line) {
  if (!quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace afterimage
