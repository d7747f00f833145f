#include "afterimage/report/columns.h"

#include <algorithm>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

void check_alike(const std::vector<Reconstruction>& all) {
  const auto& first = all.front();
  std::set<std::string> names;
  for (const auto& other : all) {
    if (!names.insert(other.name).second) {
      throw Error("report", concat("two reconstructions are called '", other.name, "'"),
                  "Give each its own name");
    }
    if (other.split != first.split) {
      throw Error("report",
                  concat("'", first.name, "' is of split '", first.split, "', '", other.name,
                         "' of '", other.split, "'"),
                  "Make one report per split");
    }
    if (other.stimulus != first.stimulus) {
      throw Error("report", concat("'", other.name, "' shows other images than '", first.name, "'"),
                  "Reconstruct all decoders from the same recording, with repeats averaged in all "
                  "or in none");
    }
    if (other.images.sizes() != first.images.sizes()) {
      throw Error("report",
                  concat("images of '", other.name, "' are ", other.images.sizes(), ", those of '",
                         first.name, "' ", first.images.sizes()),
                  "Report decoders of one image size together");
    }
    for (const auto& [name, images] : other.controls) {
      if (images.sizes() != other.images.sizes()) {
        throw Error(other.name,
                    concat("control '", name, "' is ", images.sizes(), ", the images ",
                           other.images.sizes()),
                    "Make the reconstruction again");
      }
    }
  }
}

/// One column where all decoders that have this control share it, else one for each.
std::vector<ImageColumn> control_columns(const std::string& control,
                                         const std::vector<Reconstruction>& all) {
  std::vector<ImageColumn> columns;
  for (const auto& reconstruction : all) {
    const auto found = reconstruction.controls.find(control);
    if (found == reconstruction.controls.end()) continue;
    columns.push_back({concat(control, " (", reconstruction.name, ")"), true, reconstruction.name,
                       control, found->second});
  }
  const bool shared = std::all_of(columns.begin(), columns.end(), [&](const auto& column) {
    return column.images.equal(columns.front().images);
  });
  if (!shared) return columns;
  columns.resize(1);
  const bool taken = std::any_of(all.begin(), all.end(),
                                 [&](const auto& decoder) { return decoder.name == control; });
  columns.front().name = taken ? control + " (control)" : control;
  return columns;
}

}  // namespace

std::vector<ImageColumn> image_columns(const std::vector<Reconstruction>& reconstructions) {
  std::vector<ImageColumn> columns;
  if (reconstructions.empty()) return columns;
  check_alike(reconstructions);
  std::set<std::string> controls;
  for (const auto& reconstruction : reconstructions) {
    columns.push_back({reconstruction.name, false, {}, {}, reconstruction.images});
    for (const auto& [name, images] : reconstruction.controls) controls.insert(name);
  }
  for (const auto& control : controls) {
    for (auto& column : control_columns(control, reconstructions)) {
      columns.push_back(std::move(column));
    }
  }
  return columns;
}

}  // namespace afterimage
