#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"
#include "afterimage/formats/image.h"
#include "afterimage/importers/table_parts.h"
#include "afterimage/recordings/captions.h"

namespace afterimage::table_import {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

/// Opens images of folders; a table that has a column `file` says which and in which order.
Stimuli open_folders(const Context& context, const std::optional<CsvTable>& table) {
  const auto& folders = context.options.images;
  std::vector<fs::path> files;
  if (table && table->has("file")) {
    if (folders.size() != 1) {
      throw Error(context.where, "stimuli.table names files, and images several folders",
                  "Name one folder; files may lie in folders below it");
    }
    files = find_images(context.folder / folders[0], table->column("file"));
    context.report.inputs.push_back({context.folder / folders[0], files});
  } else {
    for (const auto& folder : folders) {
      const auto more = image_files(context.folder / folder);
      files.insert(files.end(), more.begin(), more.end());
      context.report.inputs.push_back({context.folder / folder, more});
    }
  }
  if (files.empty()) throw Error(context.where, "names no images");
  Stimuli stimuli;
  stimuli.files.emplace(std::move(files), context.options.image_size);
  return stimuli;
}

Stimuli open_images(const Context& context, const std::optional<CsvTable>& table) {
  const auto& names = context.options.images;
  if (names.empty()) {
    throw Error(context.where, "names no images",
                "Write images = \"FOLDER\" or images = \"images.npy\"");
  }
  if (fs::is_directory(context.folder / names[0])) return open_folders(context, table);
  std::vector<std::unique_ptr<ArrayFile>> arrays;
  for (const auto& name : names) arrays.push_back(context.array(name));
  Stimuli stimuli;
  const auto& options = context.options;
  stimuli.arrays.emplace(std::move(arrays), ImageLayout{options.images_axes, options.images_shape,
                                                        options.image_size});
  return stimuli;
}

/// File names; with their folder's where there are several.
Words names_of(const Context& context, const Stimuli& stimuli) {
  Words names;
  for (int64_t i = 0; i < stimuli.count(); ++i) {
    if (!stimuli.files) {
      names.push_back(concat("stimulus-", i + 1));
      continue;
    }
    const fs::path& file = stimuli.files->path(i);
    names.push_back(context.options.images.size() == 1
                        ? file.filename().string()
                        : (file.parent_path().filename() / file.filename()).string());
  }
  return names;
}

}  // namespace

Stimuli read_stimuli(const Context& context, RecordingInfo& info) {
  std::optional<CsvTable> table;
  const std::string& file = context.options.stimuli.table;
  if (!file.empty()) table = context.table(file);
  Stimuli stimuli = open_images(context, table);
  info.height = stimuli.files ? stimuli.files->height() : stimuli.arrays->height();
  info.width = stimuli.files ? stimuli.files->width() : stimuli.arrays->width();
  info.channels = stimuli.files ? stimuli.files->channels() : stimuli.arrays->channels();
  if (table && table->rows() != stimuli.count()) {
    throw Error(context.folder / file,
                concat("has ", table->rows(), " rows, there are ", stimuli.count(), " images"),
                "It needs a row for each image, or a column 'file' that names them");
  }
  const auto column = [&](const char* name, Words otherwise) {
    return table && table->has(name) ? table->column(name) : std::move(otherwise);
  };
  info.stimulus_name =
      column("name", column("file", names_of(context, stimuli)));  // a file's own name
  info.stimulus_source =
      column("source", stimuli.files ? info.stimulus_name : Words(info.stimulus_name.size()));
  info.stimulus_category = column("category", {});
  const std::string& captions = context.options.stimuli.captions;
  if (!captions.empty()) {
    const fs::path path = context.folder / captions;
    context.report.inputs.push_back({path});
    info.stimulus_caption = Captions(path).of_stimuli(info, path.string());
  }
  return stimuli;
}

}  // namespace afterimage::table_import
