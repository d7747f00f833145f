#pragma once

#include <cstdint>
#include <string>

namespace afterimage {

/// How far one long job is.
struct ProgressState {
  std::string title;  ///< "Training"
  std::string unit;   ///< what is counted: "step", "image"
  std::string note;   ///< such as the loss
  int64_t total = 0;
  int64_t first = 0;  ///< done before it began (after a resume)
  int64_t done = 0;
  double seconds = 0;  ///< since it began
  bool last = false;   ///< the job has ended: nothing comes after
};

/// Hears what the library has to say while it works; the library itself writes nothing to the
/// terminal. One that does not override is deaf. Called from the thread that does the work.
class Listener {
 public:
  virtual ~Listener() = default;
  /// A line for the user.
  virtual void say(const std::string&) {}
  virtual void progress(const ProgressState&) {}
};

}  // namespace afterimage
