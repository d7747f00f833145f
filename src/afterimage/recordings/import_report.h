#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace afterimage {

/// What an import read, and what it or a preparation left out and why. What it kept is in the
/// recording.
struct ImportReport {
  struct Dropped {
    std::string what;  ///< "sensors", "trials" or "stimuli"
    int64_t count = 0;
    std::string reason;  ///< "reliability below 0.4"
  };
  /// Read beyond the paths that were named: a file, or a folder of which these files were read
  /// (none: all).
  struct Input {
    std::filesystem::path path;
    std::vector<std::filesystem::path> files = {};
  };
  std::vector<Dropped> dropped = {};
  std::vector<std::string> notes = {};  ///< a line each, such as the names of missing images
  std::vector<Input> inputs = {};
  std::string fields_hint = {};  ///< what to check when receptive fields lie off the stimulus

  /// Adds what was left out, unless the count is 0.
  void note_dropped(const std::string& what, int64_t count, const std::string& reason);
};

/// The provenance with what was read (hashes, at the end of "inputs") and left out ("dropped":
/// [{what, count, reason}]).
nlohmann::json with_report(nlohmann::json provenance, const ImportReport& report);

}  // namespace afterimage
