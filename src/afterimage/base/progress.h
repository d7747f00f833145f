#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace afterimage {

/// Progress of one long job on standard error: on a terminal a bar with rate, a note (such as the
/// loss) and the time left; otherwise a plain line now and then; nothing when quiet.
class Progress {
 public:
  /// `unit` is what is counted ("step", "image"). `done` items were already there (after a resume).
  Progress(std::string title, int64_t total, std::string unit, bool quiet, int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(int64_t count = 1, const std::string& note = {});

 private:
  void draw(bool last);

  std::string title_;
  std::string unit_;
  std::string note_;
  int64_t total_;
  int64_t first_;
  int64_t done_;
  bool quiet_;
  bool terminal_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
};

/// One line for the user on standard error, unless quiet.
void say(bool quiet, const std::string& line);

}  // namespace afterimage
