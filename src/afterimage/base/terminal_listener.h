#pragma once

#include <chrono>

#include "afterimage/base/listener.h"

namespace afterimage {

/// Shows lines and progress on standard error: on a terminal a bar with rate, note and the time
/// left; otherwise a plain line now and then. For programs.
class TerminalListener : public Listener {
 public:
  TerminalListener();
  void say(const std::string& line) override;
  void progress(const ProgressState& state) override;

 private:
  bool terminal_;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace afterimage
