#include "afterimage/recordings/import_report.h"

#include <nlohmann/json.hpp>

#include "afterimage/base/provenance.h"

namespace afterimage {
namespace {

/// Adds a file or folder, with its hash, unless it is there already.
void add_input(nlohmann::json& inputs, const ImportReport::Input& input) {
  if (!inputs.is_array()) inputs = nlohmann::json::array();
  const std::string path = input.path.string();
  for (const auto& known : inputs) {
    if (known.is_object() && known.contains("path") && known["path"] == path) return;
  }
  inputs.push_back(input_record(input.path, input.files.empty()
                                                ? content_hash(input.path)
                                                : content_hash(input.path, input.files)));
}

}  // namespace

void ImportReport::note_dropped(const std::string& what, int64_t count, const std::string& reason) {
  if (count > 0) dropped.push_back({what, count, reason});
}

nlohmann::json with_report(nlohmann::json provenance, const ImportReport& report) {
  if (provenance.is_null()) provenance = nlohmann::json::object();
  if (!provenance.is_object()) return provenance;
  for (const auto& input : report.inputs) add_input(provenance["inputs"], input);
  if (report.dropped.empty()) return provenance;
  auto& list = provenance["dropped"];
  if (!list.is_array()) list = nlohmann::json::array();
  for (const auto& [what, count, reason] : report.dropped) {
    list.push_back({{"what", what}, {"count", count}, {"reason", reason}});
  }
  return provenance;
}

}  // namespace afterimage
