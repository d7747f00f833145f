#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace afterimage {

/// What an import or a preparation left out, and why. What it kept is in the recording.
struct ImportReport {
  struct Dropped {
    std::string what;  ///< "sensors", "trials" or "stimuli"
    int64_t count = 0;
    std::string reason;  ///< "reliability below 0.4"
  };
  std::vector<Dropped> dropped;
  std::vector<std::string> notes;  ///< a line each, such as the names of missing images

  /// Adds what was left out, unless the count is 0.
  void note_dropped(const std::string& what, int64_t count, const std::string& reason);
};

/// The provenance with what was left out ("dropped": [{what, count, reason}]).
nlohmann::json with_report(nlohmann::json provenance, const ImportReport& report);

}  // namespace afterimage
