#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5_references.h"
#include "afterimage/importers/image_arrays.h"
#include "afterimage/importers/image_files.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nwb_images.h"
#include "afterimage/importers/nwb_parts.h"

namespace afterimage::nwb {
namespace {

namespace fs = std::filesystem;

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_kind(const hdf5::File& file, const std::string& object, std::string_view ending) {
  constexpr const char* kind = "neurodata_type";
  return file.has_attribute(object, kind) && file.text_attribute(object, kind).ends_with(ending);
}

/// What each trial says was shown: a name, or a number (NaN: nothing).
struct Labels {
  std::string where;
  bool text = false;
  std::vector<std::string> names = {};
  std::vector<double> numbers = {};

  bool none(size_t trial) const {
    return text ? names[trial].empty() : !std::isfinite(numbers[trial]);
  }
  int64_t number(size_t trial) const {
    const double value = numbers[trial];
    if (value == std::floor(value)) return static_cast<int64_t>(value);
    throw Error(where, concat("has ", number_text(value), " in row ", trial),
                "Whole numbers of images are expected here");
  }
};

std::vector<std::string> index_series(const hdf5::File& file) {
  return find(file, "stimulus/presentation",
              [&](const std::string& group) { return is_kind(file, group, "IndexSeries"); });
}

Labels labels_of(const hdf5::File& file, const NwbOptions& options, const Table& trials,
                 const std::vector<double>& onset) {
  const std::string usual = "stimulus";
  const std::string column =
      options.stimulus_column.empty() && trials.has(usual) ? usual : options.stimulus_column;
  if (!column.empty()) {
    const bool text = trials.is_text(column);
    Labels labels{concat(trials.where(), " '", column, "'"), text};
    if (text) {
      labels.names = trials.texts(column);
    } else {
      labels.numbers = trials.numbers(column);
    }
    return labels;
  }
  const auto series = index_series(file);
  if (series.empty()) {
    throw Error(trials.where(), "does not say what was shown, and the file has no IndexSeries",
                "Name a column by --stimulus-column; there are: " + join(trials.columns()));
  }
  const std::string& chosen = choose(file, series, "", "--stimulus-column", "IndexSeries");
  const Clock clock(file, chosen);
  const auto index = file.read<double>(chosen + "/data");
  Labels labels{concat(file.path().string(), " '", chosen, "'")};
  for (const double time : onset) {  // an image stays until the next
    const int64_t last = std::isfinite(time) ? clock.first_at(time + 2 * edge) - 1 : -1;
    labels.numbers.push_back(last < 0 ? std::nan("") : index[static_cast<size_t>(last)]);
  }
  return labels;
}

/// The images of the file: a container of them, or a series.
struct Set {
  std::string path;
  bool series = false, ordered = true;
  std::vector<std::string> names = {};
};

bool is_image_set(const hdf5::File& file, const std::string& group) {
  if (last_part(group).starts_with("indexed_")) return false;  // a link to one
  if (file.has(group + "/data")) return file.shape(group + "/data").size() > 2;
  const auto names = file.members(group);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return !file.is_group(group + "/" + name) && is_kind(file, group + "/" + name, "Image");
  });
}

Set choose_set(const hdf5::File& file, const NwbOptions& options) {
  std::string path;
  for (const auto& series : index_series(file)) {
    for (const char* link : {"/indexed_images", "/indexed_timeseries"}) {
      if (options.images.empty() && file.is_group(series + link)) path = series + link;
    }
  }
  if (path.empty()) {
    std::vector<std::string> known;
    for (const char* place : {"stimulus/templates", "stimulus/presentation", "acquisition"}) {
      const auto found =
          find(file, place, [&](const std::string& group) { return is_image_set(file, group); });
      known.insert(known.end(), found.begin(), found.end());
    }
    path = choose(file, known, options.images, "--images (a name in the file, or a folder)",
                  "images (an Images container or an ImageSeries)");
  }
  Set set{path, file.has(path + "/data")};
  if (set.series) {
    const int64_t count = file.shape(path + "/data").at(0);
    if (count == 0) {
      throw Error(file.path(), concat("'", path, "' keeps its images in other files"),
                  "Name their folder by --images");
    }
    for (int64_t i = 0; i < count; ++i) set.names.push_back(concat("image-", i));
  } else if (file.has(path + "/order_of_images")) {
    for (const auto& name : hdf5::referenced_names(file.path(), path + "/order_of_images")) {
      set.names.push_back(last_part(name));
    }
  } else {
    set.ordered = false;
    for (const auto& name : file.members(path)) {
      if (is_kind(file, path + "/" + name, "Image")) set.names.push_back(name);
    }
  }
  return set;
}

/// The place in the set of what each trial shows, -1: nothing.
std::vector<int64_t> places_in(const Set& set, const Labels& labels, int64_t count_from,
                               const hdf5::File& file) {
  if (labels.text ? set.series : !set.ordered) {
    throw Error(labels.where,
                concat(labels.text ? "has names" : "has numbers", ", and the images '", set.path,
                       "' have ", labels.text ? "only numbers" : "names but no order"),
                "Name another column by --stimulus-column, or a folder by --images");
  }
  std::unordered_map<std::string, int64_t> by_name;
  for (const auto& name : set.names) {
    const auto place = static_cast<int64_t>(by_name.size());
    by_name.emplace(name, place);
  }
  std::vector<int64_t> places;
  const size_t trials = labels.text ? labels.names.size() : labels.numbers.size();
  for (size_t t = 0; t < trials; ++t) {
    if (labels.none(t)) {
      places.push_back(-1);
    } else if (!labels.text) {
      places.push_back(rows_from({labels.number(t)}, count_from,
                                 static_cast<int64_t>(set.names.size()), labels.where,
                                 concat("images in '", set.path, "'"))[0]);
    } else {
      auto found = by_name.find(labels.names[t]);
      if (found == by_name.end()) found = by_name.find(fs::path(labels.names[t]).stem().string());
      if (found == by_name.end()) {
        throw Error(file.path(), concat("'", set.path, "' has no image '", labels.names[t], "'"),
                    concat("It has ", set.names.size(), ", the first is '", set.names[0], "'"));
      }
      places.push_back(found->second);
    }
  }
  return places;
}

Stimuli from_folder(const NwbOptions& options, const Labels& labels, size_t trials,
                    ImportReport& report) {
  const ImageFolder folder(options.images);
  std::vector<fs::path> shown;
  for (size_t t = 0; t < trials; ++t) {
    if (labels.none(t)) continue;
    shown.push_back(labels.text
                        ? folder.named(labels.names[t])
                        : folder.numbered(labels.number(t), options.count_from, labels.where));
  }
  Stimuli stimuli;
  stimuli.of_trial.assign(trials, -1);
  if (shown.empty()) return stimuli;
  const DistinctImages distinct(shown);
  const auto images = std::make_shared<ImageFiles>(distinct.files, options.image_size);
  report.inputs.push_back({options.images, distinct.files});
  set_size(*images, stimuli);
  stimuli.name = distinct.names(options.images);
  auto row = distinct.rows.begin();
  for (size_t t = 0; t < trials; ++t) {
    if (!labels.none(t)) stimuli.of_trial[t] = *row++;
  }
  stimuli.append_to = [images](RecordingWriter& writer) { images->append_to(writer); };
  return stimuli;
}

Stimuli from_file(const hdf5::File& file, const NwbOptions& options, const Labels& labels,
                  ImportReport& report) {
  const Set set = choose_set(file, options);
  Stimuli stimuli;
  stimuli.of_trial = places_in(set, labels, options.count_from, file);
  std::vector<int64_t> rows = stimuli.of_trial;  // of the set, those that were shown
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  if (!rows.empty() && rows[0] < 0) rows.erase(rows.begin());
  if (rows.empty()) return stimuli;
  for (auto& place : stimuli.of_trial) {
    if (place >= 0) place = std::lower_bound(rows.begin(), rows.end(), place) - rows.begin();
  }
  for (const int64_t row : rows) stimuli.name.push_back(set.names[static_cast<size_t>(row)]);
  if (set.series) {
    std::vector<std::unique_ptr<ArrayFile>> arrays;
    arrays.push_back(open_array(file.path().filename().string() + ":" + set.path + "/data",
                                file.path().parent_path()));
    std::vector<std::string> axes = {"stimulus", options.image_axes == "y,x" ? "y" : "x",
                                     options.image_axes == "y,x" ? "x" : "y"};
    if (arrays[0]->shape().size() == 4) axes.emplace_back("channel");
    const auto images = std::make_shared<ImageArrays>(
        std::move(arrays), ImageLayout{.axes = axes, .size = options.image_size});
    set_size(*images, stimuli);
    report.notes.insert(report.notes.end(), images->notes().begin(), images->notes().end());
    stimuli.append_to = [images, rows](RecordingWriter& writer) {
      images->append_to(writer, rows);
    };
  } else {
    const auto images = std::make_shared<ContainerImages>(file, set.path, stimuli.name,
                                                          options.image_axes, options.image_size);
    set_size(*images, stimuli);
    report.notes.insert(report.notes.end(), images->notes().begin(), images->notes().end());
    stimuli.append_to = [images](RecordingWriter& writer) { images->append_to(writer); };
  }
  return stimuli;
}

}  // namespace

Stimuli read_stimuli(const hdf5::File& file, const NwbOptions& options, const Table& trials,
                     const std::vector<double>& onset, ImportReport& report) {
  const Labels labels = labels_of(file, options, trials, onset);
  if (!options.images.empty() && fs::is_directory(options.images)) {
    return from_folder(options, labels, onset.size(), report);
  }
  return from_file(file, options, labels, report);
}

}  // namespace afterimage::nwb
