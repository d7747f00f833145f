#include "afterimage/recordings/importers/importer.h"

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/importers/digit69.h"

namespace afterimage {

const std::vector<ImporterEntry>& importer_table() {
  static const std::vector<ImporterEntry> table = {
      {"digit69", "handwritten sixes and nines, human fMRI: digit69_28x28.mat",
       "van Gerven et al. 2010", import_digit69},
  };
  return table;
}

const ImporterEntry& find_importer(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& entry : importer_table()) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw Error("import", "unknown format '" + name + "'", suggestion(name, names));
}

}  // namespace afterimage
