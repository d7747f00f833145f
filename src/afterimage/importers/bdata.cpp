#include "afterimage/importers/bdata.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <unordered_map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/bdata_file.h"
#include "afterimage/importers/image_files.h"
#include "afterimage/importers/import_parts.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// The image file of each sample.
std::vector<fs::path> images_shown(const BDataFile& file, const std::string& key,
                                   const fs::path& folder) {
  const ImageFolder pictures(folder);
  const auto labels = file.labels(key);
  std::vector<fs::path> shown;
  for (const int64_t number : file.numbers(key)) {
    const auto label = labels.find(number);
    if (!labels.empty() && label == labels.end()) {
      throw Error(file.where(), concat("'", key, "' is ", number, " in some sample"),
                  "/vmap has no label for it");
    }
    shown.push_back(labels.empty() ? pictures.numbered(number, 1, file.where() + " '" + key + "'")
                                   : pictures.named(label->second));
  }
  return shown;
}

/// The split of each sample: by file, or by the numbers 1, 2, ... of a column.
std::vector<std::string> splits_of(const BDataFile& file, const std::string& key,
                                   const std::vector<std::string>& names, size_t index) {
  if (key.empty()) {
    return std::vector<std::string>(static_cast<size_t>(file.samples()), names[index]);
  }
  std::vector<std::string> splits;
  for (const int64_t number : file.numbers(key)) {
    const bool named = number >= 1 && number <= static_cast<int64_t>(names.size());
    splits.push_back(named ? names[static_cast<size_t>(number) - 1] : "");
  }
  return splits;
}

Sensors sensors_of(const BDataFile& file, const std::vector<int64_t>& columns,
                   std::vector<std::string> rois) {
  constexpr std::string_view mark = "ROI_";
  if (rois.empty()) {
    for (const auto& key : file.keys()) {
      if (key.starts_with(mark)) rois.push_back(key);
    }
  }
  Sensors sensors = plain_sensors(static_cast<int64_t>(columns.size()), "voxel");
  for (size_t i = 0; i < columns.size(); ++i) sensors.name[i] = concat("voxel-", columns[i]);
  for (const auto& roi : rois) {
    const auto inside = file.metadata(roi, columns);
    for (size_t i = 0; i < columns.size(); ++i) {
      if (inside[i] != 1 || !sensors.roi[i].empty()) continue;
      sensors.roi[i] = roi.starts_with(mark) ? roi.substr(mark.size()) : roi;
    }
  }
  return sensors;
}

/// Image files in the order in which they were first shown: the stimuli.
struct ShownImages {
  std::vector<fs::path> files;
  std::unordered_map<std::string, int64_t> rows;

  void add(const std::vector<fs::path>& shown, Trials& trials) {
    for (const auto& file : shown) {
      const auto [entry, added] = rows.emplace(file.string(), static_cast<int64_t>(files.size()));
      if (added) files.push_back(file);
      trials.stimulus.push_back(entry->second);
    }
  }

  std::vector<std::string> names(bool with_folder) const {
    std::vector<std::string> out;
    for (const auto& file : files) {
      const fs::path folder = with_folder ? file.parent_path().filename() : fs::path();
      out.push_back((folder / file.filename()).string());
    }
    return out;
  }
};

/// Runs counted on from those of the files before.
void add_blocks(const BDataFile& file, const std::string& key, std::vector<int64_t>& blocks) {
  const int64_t first = blocks.empty() ? 0 : 1 + *std::max_element(blocks.begin(), blocks.end());
  if (key.empty()) {
    blocks.insert(blocks.end(), static_cast<size_t>(file.samples()), first);
    return;
  }
  const auto runs = file.numbers(key);
  const int64_t low = runs.empty() ? 0 : *std::min_element(runs.begin(), runs.end());
  for (const int64_t run : runs) blocks.push_back(first + run - low);
}

std::vector<int64_t> same_columns(const std::vector<BDataFile>& files, const std::string& voxels) {
  const auto columns = files[0].columns(voxels);
  for (const auto& file : files) {
    if (file.columns(voxels) == columns) continue;
    throw Error(file.where(), "has other voxels than " + files[0].where(),
                "Files of one subject have the same columns");
  }
  return columns;
}

void check_paths(const ImportJob& job, const std::vector<std::string>& images,
                 const std::vector<std::string>& splits, const std::string& split_key) {
  if (images.size() != 1 && images.size() != job.paths.size()) {
    throw Error("--images", concat("names ", images.size(), " folders"),
                concat("Name one, or one for each of the ", job.paths.size(), " files"));
  }
  if (split_key.empty() && splits.size() < job.paths.size()) {
    throw Error("--splits", concat("names ", splits.size(), " splits"),
                concat("Name one for each of the ", job.paths.size(), " files"));
  }
}

}  // namespace

Options BDataImporter::options() {
  return {
      Option("images", images_, "folder of images, or one for each file"),
      Option("voxels", voxels_,
             "columns that are voxels, in bdpy's language: 'ROI_V1 = 1 | ROI_V2 = 1'"),
      Option("rois", rois_,
             "keys that name the voxels, the first that holds wins; none = every ROI_ key"),
      Option("stimulus", stimulus_, "key of the column that says which image was shown"),
      Option("block", block_, "key of the column with the run; empty = none"),
      Option("splits", splits_, "split of each file, or of the numbers 1, 2, ... in --split-key"),
      Option(
          "split_key", split_key_,
          "key of a column that says the split, such as DataType; samples of other numbers are in "
          "no split"),
      Option("bin_start_ms", bin_start_ms_, "start of a sample after stimulus onset").unit("ms"),
      Option("bin_stop_ms", bin_stop_ms_, "its end").unit("ms"),
      image_size_option(image_size_),
  };
}

ImportReport BDataImporter::import(const ImportJob& job) {
  check_paths(job, images_, splits_, split_key_);
  std::vector<BDataFile> files;
  ShownImages images;
  RecordingInfo info;
  for (size_t f = 0; f < job.paths.size(); ++f) {
    const BDataFile& file = files.emplace_back(job.paths[f]);
    images.add(images_shown(file, stimulus_, images_[images_.size() == 1 ? 0 : f]), info.trials);
    const auto splits = splits_of(file, split_key_, splits_, f);
    info.trials.split.insert(info.trials.split.end(), splits.begin(), splits.end());
    add_blocks(file, block_, info.trials.block);
  }
  info.trials.repeat = count_repeats(info.trials.stimulus);
  const auto columns = same_columns(files, voxels_);
  info.sensors = sensors_of(files[0], columns, rois_);
  info.stimulus_name = info.stimulus_source = images.names(images_.size() > 1);
  info.bins = {{bin_start_ms_, bin_stop_ms_}};
  ImportReport report;
  for (const auto& folder : images_) report.inputs.push_back({folder});
  info.provenance = with_report(job.provenance, report);
  const ImageFiles pictures(images.files, image_size_);
  info.height = pictures.height();
  info.width = pictures.width();
  info.channels = pictures.channels();

  RecordingWriter writer(job.out, info, job.force);
  pictures.append_to(writer);
  for (const auto& file : files) {
    for (int64_t first = 0; first < file.samples(); first += file.batch()) {
      const int64_t count = std::min(file.batch(), file.samples() - first);
      writer.append_responses(file.rows(first, count, columns).unsqueeze(2));
    }
  }
  writer.finish();
  return report;
}

}  // namespace afterimage
