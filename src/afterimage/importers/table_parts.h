#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "afterimage/formats/csv.h"
#include "afterimage/importers/image_arrays.h"
#include "afterimage/importers/image_files.h"
#include "afterimage/importers/response_files.h"
#include "afterimage/importers/table.h"

/// What the files of the table importer share; nobody else includes this.
namespace afterimage::table_import {

/// The images, from a folder (or several) or from arrays.
struct Stimuli {
  std::optional<ImageFiles> files;
  std::optional<ImageArrays> arrays;

  int64_t count() const { return files ? files->count() : arrays->count(); }
};

struct Context {
  const TableOptions& options;
  std::filesystem::path folder;  ///< where relative paths start
  std::string where;             ///< the TOML file
  ImportReport& report;

  /// Opens what the TOML file names; it is recorded among the inputs.
  std::unique_ptr<ArrayFile> array(const std::string& text) const;
  CsvTable table(const std::string& file) const;
};

/// Opens the images and fills in the stimuli's names, sources, categories and sizes.
Stimuli read_stimuli(const Context& context, RecordingInfo& info);
/// Trials and their splits.
void read_trials(const Context& context, const ResponseFiles& responses, RecordingInfo& info);
/// Sensors, for the places that `responses` keeps.
Sensors read_sensors(const Context& context, const ResponseFiles& responses,
                     const RecordingInfo& info);

}  // namespace afterimage::table_import
