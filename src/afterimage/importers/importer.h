#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/recordings/import_report.h"

namespace afterimage {

/// What an import reads, where it writes and what it records of itself.
struct ImportJob {
  std::vector<std::filesystem::path> paths = {};
  std::filesystem::path out = {};
  bool force = false;
  RunContext run = RunContext();
  nlohmann::json provenance = nullptr;
};

/// Makes a recording of a laboratory's files. Its options are declared once, in `options`;
/// `afterimage import FORMAT --help` shows them.
class Importer {
 public:
  virtual ~Importer() = default;
  virtual Options options() { return {}; }
  virtual ImportReport import(const ImportJob& job) = 0;
  /// What `--template` prints in the place of the annotated command: a file to fill in.
  virtual std::string template_text() { return {}; }
};

struct ImporterEntry {
  std::string name;
  std::string summary;
  std::string source;
  std::string paths;  ///< what to name on the command line, for --help
  std::function<std::unique_ptr<Importer>()> make;
};

/// Every importer, by name: the one place to add one.
const std::vector<ImporterEntry>& importer_table();

}  // namespace afterimage
