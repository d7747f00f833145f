#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace afterimage {

/// What an import reads, where it writes and what it records of itself.
struct ImportJob {
  std::vector<std::filesystem::path> paths;
  std::filesystem::path out;
  bool force = false;
  nlohmann::json provenance;
};

struct ImporterEntry {
  std::string name;
  std::string summary;
  std::string source;
  std::function<void(const ImportJob&)> import;
};

/// Every importer, by name: the one place to add one.
const std::vector<ImporterEntry>& importer_table();

/// An Error with the nearest name when there is none of this name.
const ImporterEntry& find_importer(const std::string& name);

}  // namespace afterimage
