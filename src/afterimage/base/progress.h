#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "afterimage/base/listener.h"
#include "afterimage/base/run_context.h"

namespace afterimage {

/// Progress of one long job, told to the run's listener: when it begins, at each step and when the
/// job ends, finished or not.
class Progress {
 public:
  /// `unit` is what is counted ("step", "image"). `done` items were already there (after a resume).
  Progress(const RunContext& run, std::string title, int64_t total, std::string unit,
           int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(int64_t count = 1, const std::string& note = {});

 private:
  void tell();

  RunContext run_;
  ProgressState state_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace afterimage
