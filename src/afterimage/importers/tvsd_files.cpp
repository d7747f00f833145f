#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/tvsd_parts.h"

// Which files there are, and the images they name.
namespace afterimage::tvsd {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates(const std::vector<fs::path>& paths) {
  std::vector<fs::path> out;
  const auto add_folder = [&](const fs::path& folder) {
    std::error_code none;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    out.insert(out.end(), files.begin(), files.end());
  };
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) out.push_back(path);
  }
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) continue;
    const fs::path folder = fs::absolute(path).lexically_normal();
    const fs::path here = folder.has_filename() ? folder : folder.parent_path();
    for (const auto& place :
         {here, here / "_logs", here.parent_path(), here.parent_path() / "_logs"}) {
      add_folder(place);
    }
  }
  return out;
}

fs::path first_named(const std::vector<fs::path>& files, const std::string& start,
                     const std::string& end) {
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    if (name.starts_with(start) && name.ends_with(end)) return file;
  }
  return {};
}

std::string monkey_of(const std::vector<fs::path>& paths, const std::string& asked) {
  if (asked != "auto") return asked;
  for (const auto& path : paths) {
    for (const auto& part : fs::absolute(path).lexically_normal()) {
      for (const char* name : {"N", "F"}) {
        if (part.string().starts_with(std::string("monkey") + name)) return name;
      }
    }
  }
  throw Error(paths[0], "is in no folder monkeyN or monkeyF",
              "Say whose recording it is: --monkey N or --monkey F");
}

/// "object_images\\dog\\dog_01b.jpg" -> "object_images/dog/dog_01b.jpg".
std::string with_slashes(std::string text) {
  std::replace(text.begin(), text.end(), '\\', '/');
  return text;
}

/// The file of a picture: under its path, or its last two or one parts, in the folder.
fs::path find_picture(const fs::path& folder, const std::string& name) {
  const auto parts = split(name, '/');
  const size_t n = parts.size();
  std::vector<fs::path> places = {folder / fs::path(name).relative_path()};
  if (n >= 2) {
    places.push_back(folder / parts[n - 2] / parts[n - 1]);
    places.push_back(folder / "object_images" / parts[n - 2] / parts[n - 1]);
  }
  if (n >= 1) places.push_back(folder / parts[n - 1]);
  for (const auto& place : places) {
    if (fs::is_regular_file(place)) return place;
  }
  return {};
}

void read_set(const hdf5::File& file, const std::string& set, const fs::path& folder,
              Stimuli& stimuli, std::vector<int64_t>& rows, std::vector<std::string>& missing) {
  for (const char* field : {"class", "things_path"}) {
    if (!file.has(set + "/" + field)) {
      throw Error(file.path(), concat("has no '", set, "/", field, "'"),
                  "Use things_imgs.mat as it was distributed");
    }
  }
  const auto category = file.read_cell_texts(set + "/class");
  const auto path = file.read_cell_texts(set + "/things_path");
  if (category.size() != path.size()) {
    throw Error(file.path(), concat("'", set, "' has ", category.size(), " classes and ",
                                    path.size(), " paths"));
  }
  for (size_t i = 0; i < path.size(); ++i) {
    const std::string name = with_slashes(path[i]);
    const fs::path found = find_picture(folder, name);
    if (found.empty()) {
      missing.push_back(name);
      rows.push_back(-1);
      continue;
    }
    rows.push_back(static_cast<int64_t>(stimuli.name.size()));
    stimuli.name.push_back(name);
    stimuli.category.push_back(category[i]);
    stimuli.file.push_back(found);
  }
}

}  // namespace

Files find_files(const std::vector<fs::path>& paths, const TvsdOptions& options) {
  const auto all = candidates(paths);
  Files files;
  files.normalised = first_named(all, "THINGS_normMUA", ".mat");
  files.trials = first_named(all, "THINGS_MUA_trials", ".mat");
  files.images = first_named(all, "things_imgs", ".mat");
  files.mapping = first_named(all, "1024chns_mapping", ".mat");
  files.fields = first_named(all, "THINGS_RF", ".mat");
  const auto require = [&](const fs::path& file, const char* name) {
    if (file.empty()) {
      throw Error(paths[0], concat("there is no ", name, " in it, in its _logs or beside it"),
                  "Name that file too");
    }
  };
  if (options.data == "normalised") files.trials.clear();
  if (options.data == "trials") require(files.trials, "THINGS_MUA_trials.mat");
  if (files.trials.empty()) require(files.normalised, "THINGS_normMUA.mat");
  if (!files.trials.empty()) require(files.mapping, "1024chns_mapping_20220105.mat");
  require(files.images, "things_imgs.mat");
  files.monkey = monkey_of(paths, options.monkey);
  return files;
}

Stimuli read_stimuli(const Files& files, const TvsdOptions& options, ImportReport& report) {
  if (options.images.empty()) {
    throw Error("--images", "is missing", "Name the folder of the THINGS images");
  }
  if (!fs::is_directory(options.images)) throw Error(options.images, "is no folder");
  const auto file = hdf5::File::open(files.images);
  Stimuli stimuli;
  std::vector<std::string> missing;
  read_set(file, "train_imgs", options.images, stimuli, stimuli.train, missing);
  read_set(file, "test_imgs", options.images, stimuli, stimuli.test, missing);
  if (missing.empty()) return stimuli;
  constexpr size_t shown = 10;
  const auto end = missing.begin() + static_cast<int64_t>(std::min(shown, missing.size()));
  const std::string list =
      join({missing.begin(), end}) +
      (missing.size() > shown ? concat(" and ", missing.size() - shown, " more") : std::string());
  if (!options.skip_missing) {
    throw Error(options.images, concat("lacks ", missing.size(), " images: ", list),
                "Complete it, or leave their trials out with --skip-missing");
  }
  report.note_dropped("stimuli", static_cast<int64_t>(missing.size()), "their images are missing");
  for (const auto& name : missing) report.notes.push_back("missing image: " + name);
  if (stimuli.name.empty()) throw Error(options.images, "holds none of the images");
  return stimuli;
}

}  // namespace afterimage::tvsd
