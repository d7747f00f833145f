#pragma once

#include <string>
#include <utility>

#include "afterimage/base/listener.h"
#include "afterimage/base/run_context.h"

namespace afterimage {

/// Passes on what a fold of a cross-validation has to say: its progress with the fold's name, and
/// the remarks of the first fold only, since all make the same.
class FoldListener : public Listener {
 public:
  FoldListener(const RunContext& run, std::string fold, bool first)
      : run_(run), fold_(std::move(fold)), first_(first) {}

  void say(const std::string& line) override {
    if (first_) run_.say(line);
  }
  void progress(const ProgressState& state) override {
    constexpr double brief = 5;  // seconds: of short jobs nothing is left on the screen
    if (state.last && state.seconds < brief) return;
    ProgressState mine = state;
    mine.title = fold_ + ": " + state.title;
    run_.listener().progress(mine);
  }

 private:
  RunContext run_;
  std::string fold_;
  bool first_;
};

}  // namespace afterimage
