#include "afterimage/recordings/captions.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

namespace {

std::vector<std::string> names_of(const RecordingInfo& info, size_t stimulus) {
  std::vector<std::string> names = {info.stimulus_name[stimulus]};
  const auto& source = info.stimulus_source[stimulus];
  if (!source.empty() && source != names.front()) names.push_back(source);
  return names;
}

}  // namespace

Captions::Captions(const RecordingInfo& info, std::string where) : where_(std::move(where)) {
  for (size_t row = 0; row < info.stimulus_caption.size(); ++row) {
    for (const auto& caption : info.stimulus_caption[row]) {
      for (const auto& name : names_of(info, row)) add(name, caption);
    }
  }
}

void Captions::read(const std::filesystem::path& path) {
  if (where_.empty()) where_ = path.string();
  const auto table = CsvTable::read(path);
  const auto &stimulus = table.column("stimulus"), &caption = table.column("caption");
  if (table.rows() == 0)
    throw Error(path, "has no captions", "Give a row for each: stimulus,caption");
  for (size_t row = 0; row < stimulus.size(); ++row) add(stimulus[row], caption[row]);
}

void Captions::add(const std::string& name, const std::string& caption) {
  auto& those = of_[name];
  if (std::find(those.begin(), those.end(), caption) == those.end()) those.push_back(caption);
}

std::vector<std::string> Captions::find(const std::vector<std::string>& names) const {
  for (const auto& name : names) {
    const auto found = of_.find(name);
    if (found != of_.end()) return found->second;
  }
  return {};
}

std::vector<std::string> Captions::of(const std::vector<std::string>& names) const {
  auto found = find(names);
  if (!found.empty()) return found;
  throw Error(where_, concat("has no caption of '", join(names, "' or '"), "'"),
              "Give one for every stimulus that is learned from, or leave c out");
}

std::vector<std::vector<std::string>> Captions::of_stimuli(const RecordingInfo& info,
                                                           const std::string& where) const {
  std::vector<std::vector<std::string>> each;
  bool any = false;
  for (size_t row = 0; row < info.stimulus_name.size(); ++row) {
    each.push_back(find(names_of(info, row)));
    any = any || !each.back().empty();
  }
  if (!any && !each.empty()) {
    throw Error(where, "has no caption of any stimulus",
                concat("The first stimulus is called '", info.stimulus_name.front(), "'"));
  }
  return each;
}

std::string Captions::fingerprint() const { return sha256(nlohmann::json(of_).dump()); }

}  // namespace afterimage
