#include "afterimage/base/progress.h"

#include <algorithm>

namespace afterimage {

using Clock = std::chrono::steady_clock;

Progress::Progress(const RunContext& run, std::string title, int64_t total, std::string unit,
                   int64_t done)
    : run_(run),
      state_{std::move(title), std::move(unit), {}, total, done, done},
      start_(Clock::now()) {
  tell();
}

Progress::~Progress() {
  if (state_.done == state_.first) return;
  state_.last = true;
  tell();
}

void Progress::advance(int64_t count, const std::string& note) {
  state_.done += count;
  if (!note.empty()) state_.note = note;
  if (state_.done < state_.total) tell();  // the destructor tells the last state
}

void Progress::tell() {
  const std::chrono::duration<double> elapsed = Clock::now() - start_;
  state_.seconds = std::max(1e-9, elapsed.count());
  run_.listener().progress(state_);
}

}  // namespace afterimage
