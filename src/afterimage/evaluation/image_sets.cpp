#include "afterimage/evaluation/image_sets.h"

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// Adds a control of reconstruction `owner` under its own name, unless it is there already; under
/// "control (reconstruction)" when it is the reconstruction's alone or another has that name.
void add_control(std::vector<ImageSet>& sets, const std::string& control, const at::Tensor& images,
                 const Reconstruction& reconstruction, size_t owner) {
  auto name = control;
  if (control == "shuffled") name += " (" + reconstruction.name + ")";
  for (auto& set : sets) {
    if (set.name != name) continue;
    if (set.images.equal(images)) {
      if (set.control) set.compared_by.push_back(owner);
      return;
    }
    name = control + " (" + reconstruction.name + ")";
  }
  sets.push_back({name,
                  true,
                  images,
                  {owner},
                  control_trained_against(control, reconstruction.trained_against)});
}

}  // namespace

std::vector<ImageSet> image_sets(const std::vector<Reconstruction>& reconstructions) {
  std::vector<ImageSet> sets;
  for (size_t i = 0; i < reconstructions.size(); ++i) {
    const auto& each = reconstructions[i];
    sets.push_back(
        {each.name, false, each.images, {}, each.trained_against, each.configuration, each.seed});
    for (size_t before = 0; before < i; ++before) sets.back().compared_by.push_back(before);
  }
  for (size_t i = 0; i < reconstructions.size(); ++i) {
    for (const auto& [control, images] : reconstructions[i].controls) {
      add_control(sets, control, images, reconstructions[i], i);
    }
  }
  return sets;
}

void rename(std::vector<Reconstruction>& reconstructions, const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (names.size() != reconstructions.size()) {
    throw Error("--name",
                concat("names ", names.size(), " of ", reconstructions.size(), " reconstructions"),
                "Give one for each, in their order");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) throw Error("--name", "is empty", "Give each reconstruction a name");
    reconstructions[i].name = names[i];
  }
}

}  // namespace afterimage
