#include "afterimage/recordings/import_report.h"

#include <nlohmann/json.hpp>

namespace afterimage {

void ImportReport::note_dropped(const std::string& what, int64_t count, const std::string& reason) {
  if (count > 0) dropped.push_back({what, count, reason});
}

nlohmann::json with_report(nlohmann::json provenance, const ImportReport& report) {
  if (provenance.is_null()) provenance = nlohmann::json::object();
  if (report.dropped.empty() || !provenance.is_object()) return provenance;
  auto& list = provenance["dropped"];
  if (!list.is_array()) list = nlohmann::json::array();
  for (const auto& [what, count, reason] : report.dropped) {
    list.push_back({{"what", what}, {"count", count}, {"reason", reason}});
  }
  return provenance;
}

}  // namespace afterimage
