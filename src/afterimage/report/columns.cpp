#include "afterimage/report/columns.h"

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
                  "Give each its own (--name)");
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

}  // namespace

std::vector<ImageSet> image_columns(const std::vector<Reconstruction>& reconstructions) {
  if (!reconstructions.empty()) check_alike(reconstructions);
  return image_sets(reconstructions);
}

}  // namespace afterimage
