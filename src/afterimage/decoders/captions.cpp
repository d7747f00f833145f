#include "afterimage/decoders/captions.h"

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"

namespace afterimage {

Captions::Captions(const std::filesystem::path& path) : where_(path.string()) {
  const auto table = CsvTable::read(path);
  const auto &stimulus = table.column("stimulus"), &caption = table.column("caption");
  for (size_t row = 0; row < stimulus.size(); ++row) of_[stimulus[row]].push_back(caption[row]);
  if (of_.empty()) throw Error(path, "has no captions", "Give a row for each: stimulus,caption");
}

const std::vector<std::string>& Captions::of(const std::vector<std::string>& names) const {
  for (const auto& name : names) {
    const auto found = of_.find(name);
    if (found != of_.end()) return found->second;
  }
  throw Error(where_, concat("has no caption of '", join(names, "' or '"), "'"),
              "Give one for every stimulus that is learned from, or leave c out");
}

}  // namespace afterimage
