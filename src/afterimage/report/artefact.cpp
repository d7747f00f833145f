#include "afterimage/report/artefact.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/formats/hdf5.h"

namespace afterimage {
namespace {

constexpr const char* known =
    "Give a recording, a model's or analysis' folder, a reconstruction or scores made by "
    "afterimage";

Artefact kind_of_hdf5(const std::filesystem::path& path) {
  const auto file = hdf5::File::open(path);
  const std::string format =
      file.has_attribute("/", "format") ? file.text_attribute("/", "format") : "";
  if (format == "afterimage-recording") return Artefact::recording;
  if (format == "afterimage-reconstruction") return Artefact::reconstruction;
  throw Error(path, "is an HDF5 file, but not one of Afterimage's", known);
}

}  // namespace

Artefact artefact_kind(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  if (!fs::exists(path)) throw Error(path, "no such file or folder", known);
  if (fs::is_directory(path)) {
    if (fs::exists(path / "model.json")) return Artefact::model;
    if (fs::exists(path / "analysis.json")) return Artefact::analysis;
    throw Error(path, "is a folder without model.json or analysis.json", known);
  }
  std::string head(8, '\0');
  std::ifstream(path, std::ios::binary).read(head.data(), 8);
  if (head == "\x89HDF\r\n\x1a\n") return kind_of_hdf5(path);
  if (head[0] == '{') {
    const auto json = nlohmann::json::parse(read_text(path), nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.value("format", nlohmann::json()) == "afterimage-scores") {
      return Artefact::scores;
    }
  }
  throw Error(path, "is no file of Afterimage's", known);
}

}  // namespace afterimage
