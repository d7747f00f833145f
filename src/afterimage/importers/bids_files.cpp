#include <algorithm>
#include <charconv>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/bids_parts.h"

namespace afterimage::bids {
namespace {

namespace fs = std::filesystem;

bool is_nifti(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".nii") || name.ends_with(".nii.gz");
}

/// Files below a folder that `fits`, in name order.
template <typename Fits>
std::vector<Named> files_below(const fs::path& folder, Fits fits) {
  std::vector<fs::path> paths;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Named> found;
  for (auto& path : paths) {
    Named file(std::move(path));
    if (fits(file)) found.push_back(std::move(file));
  }
  return found;
}

/// Numbers in their order ("2" before "10"), then texts.
std::pair<int64_t, std::string> rank(const std::string& label) {
  int64_t number = 0;
  const auto [end, code] = std::from_chars(label.data(), label.data() + label.size(), number);
  const bool whole = code == std::errc() && end == label.data() + label.size();
  return whole ? std::pair(number, std::string()) : std::pair(INT64_MAX, label);
}

bool before(const Named& left, const Named& right) {
  for (const char* entity : {"ses", "task", "run"}) {
    const auto first = rank(left.of(entity)), second = rank(right.of(entity));
    if (first != second) return first < second;
  }
  return left.path < right.path;
}

std::string name_of(const Named& file) { return file.path.filename().string(); }

std::vector<std::string> names_of(const std::vector<Named>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(name_of(file));
  return names;
}

}  // namespace

Named::Named(fs::path file) : path(std::move(file)) {
  const std::string name = path.filename().string();
  for (const auto& part : split(name.substr(0, name.find('.')), '_')) {
    const size_t dash = part.find('-');
    if (dash == std::string::npos) {
      suffix = part;
    } else {
      entities[part.substr(0, dash)] = part.substr(dash + 1);
    }
  }
}

std::string Named::of(const std::string& entity) const {
  const auto found = entities.find(entity);
  return found == entities.end() ? "" : found->second;
}

bool Named::has(const std::string& word) const {
  return suffix == word || std::any_of(entities.begin(), entities.end(), [&](const auto& entity) {
           return entity.second == word || entity.first + "-" + entity.second == word;
         });
}

bool Named::agrees(const Named& other, const std::vector<std::string>& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& entity) {
    const std::string own = of(entity), its = other.of(entity);
    return own.empty() || its.empty() || rank(own) == rank(its);
  });
}

Places find_places(const fs::path& folder, const BidsOptions& options) {
  Places places{folder, options.events.empty() ? folder : fs::path(options.events), options.images};
  if (options.events.empty()) {
    for (fs::path at = fs::absolute(folder); at.has_relative_path(); at = at.parent_path()) {
      if (at.filename() == "derivatives") places.raw = at.parent_path();
    }
  }
  for (const fs::path& root : {places.folder, places.raw}) {
    if (places.stimuli.empty() && fs::is_directory(root / "stimuli")) {
      places.stimuli = root / "stimuli";
    }
  }
  if (places.stimuli.empty()) {
    throw Error(places.raw, "has no folder 'stimuli'", "Name the folder of the images by --images");
  }
  return places;
}

std::vector<Named> find_betas(const fs::path& folder, const BidsOptions& options) {
  const std::string words = join(options.betas);
  auto betas = files_below(folder, [&](const Named& file) {
    return is_nifti(file.path) && !file.of("sub").empty() &&
           std::all_of(options.betas.begin(), options.betas.end(),
                       [&](const std::string& word) { return file.has(word); }) &&
           (options.subject.empty() || file.of("sub") == options.subject);
  });
  if (betas.empty()) {
    throw Error(folder,
                concat("has no NIfTI files named sub-",
                       options.subject.empty() ? "LABEL" : options.subject, "_... with ", words),
                "--betas says which words their names have, such as desc-betas,space-T1w");
  }
  std::sort(betas.begin(), betas.end(), before);
  for (size_t i = 0; i < betas.size(); ++i) {
    if (betas[i].of("sub") != betas[0].of("sub")) {
      throw Error(
          folder,
          concat("has betas of several subjects: ", betas[0].of("sub"), ", ", betas[i].of("sub")),
          "Say which: --subject");
    }
    const bool same = i > 0 && betas[i].of("ses") == betas[i - 1].of("ses") &&
                      betas[i].of("task") == betas[i - 1].of("task") &&
                      betas[i].of("run") == betas[i - 1].of("run");
    if (same) {
      throw Error(
          folder,
          concat("has several betas of one run: ", name_of(betas[i - 1]), ", ", name_of(betas[i])),
          "Say more words of the names by --betas, such as space-T1w");
    }
  }
  return betas;
}

fs::path find_mask(const Places& places, const Named& betas, const BidsOptions& options) {
  if (!options.mask.empty()) return options.mask;
  const auto masks = files_below(places.folder, [&](const Named& file) {
    return is_nifti(file.path) && file.suffix == "mask" && file.of("sub") == betas.of("sub") &&
           file.of("space") == betas.of("space");
  });
  if (masks.size() == 1) return masks[0].path;
  throw Error(places.folder,
              masks.empty()
                  ? concat("has no mask of sub-", betas.of("sub"),
                           betas.of("space").empty() ? "" : " in space-" + betas.of("space"))
                  : "has several masks: " + join(names_of(masks)),
              "Name one by --mask");
}

std::vector<std::vector<fs::path>> find_events(const Places& places,
                                               const std::vector<Named>& betas,
                                               const BidsOptions& options) {
  const auto tables_in = [&](const fs::path& root) {
    return files_below(root, [&](const Named& file) {
      const auto below = file.path.lexically_relative(root);
      return file.suffix == "events" && file.path.extension() == ".tsv" &&
             file.of("sub") == betas[0].of("sub") && *below.begin() != "derivatives";
    });
  };
  std::vector<Named> tables;
  if (options.events.empty()) tables = tables_in(places.folder);
  if (tables.empty()) tables = tables_in(places.raw);
  std::sort(tables.begin(), tables.end(), before);
  std::vector<std::vector<fs::path>> events;
  for (const auto& file : betas) {
    auto& own = events.emplace_back();
    for (const auto& table : tables) {
      if (table.agrees(file, {"ses", "task", "run"})) own.push_back(table.path);
    }
    if (!own.empty()) continue;
    throw Error(file.path, "has no events.tsv with its session, task and run",
                concat("Looked in ", places.raw.string(), "; name another folder by --events"));
  }
  return events;
}

}  // namespace afterimage::bids
