#pragma once

#include <string>
#include <vector>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {

/// The entry called `name` of one of the visible tables (decoders, projections, importers, ...),
/// whose entries have a member `name`. An Error at `where` that offers the nearest name when there
/// is none; `kind` is what an entry is called ("decoder").
template <typename Entry>
const Entry& find_entry(const std::vector<Entry>& table, const std::string& name,
                        const std::string& kind, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& entry : table) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw Error(where, "there is no " + kind + " '" + name + "'", suggestion(name, names));
}

}  // namespace afterimage
