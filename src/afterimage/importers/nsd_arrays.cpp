#include "afterimage/importers/nsd_arrays.h"

#include <ATen/Functions.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/importers/image_arrays.h"
#include "afterimage/importers/image_files.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nsd_parts.h"
#include "afterimage/importers/response_files.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

std::vector<std::unique_ptr<ArrayFile>> open_all(const std::vector<std::string>& names,
                                                 const fs::path& folder) {
  std::vector<std::unique_ptr<ArrayFile>> files;
  for (const auto& name : names) files.push_back(open_array(name, folder));
  return files;
}

/// What all forms share.
RecordingInfo described(const ImportJob& job) {
  RecordingInfo info;
  info.bins = {{0, 4000}};
  info.degrees_per_stimulus = nsd::degrees;
  info.fixation_x = info.fixation_y = 0.5;  // a dot in the middle of each image
  info.provenance = with_report(job.provenance, {});
  return info;
}

void require_images(int64_t responses, int64_t images, const fs::path& folder) {
  if (responses == images) return;
  throw Error(folder, concat("has ", responses, " responses and ", images, " images"),
              "There must be as many of both");
}

ImportReport import_averaged(const fs::path& folder, int64_t subject, int64_t size,
                             const ImportJob& job) {
  const auto names = [&](const char* kind) {
    std::vector<std::string> files;
    for (const char* split : {"train", "test"}) {
      files.push_back(concat("nsd_", split, "_", kind, "_sub", subject, ".npy"));
    }
    return files;
  };
  ResponseFiles responses(open_all(names("fmriavg_nsdgeneral"), folder), {"trial", "sensor"});
  const ImageArrays images(open_all(names("stim"), folder), {.size = size});
  require_images(responses.trials(), images.count(), folder);
  RecordingInfo info = described(job);
  set_size(images, info);
  const auto counts = responses.trials_by_file();
  for (size_t part = 0; part < 2; ++part) {
    const std::string split = part == 0 ? "train" : "test";
    add_shown_once(info, split, 0, names_from_1(split, counts[part]));
  }
  info.sensors = plain_sensors(responses.sensors(), "voxel");
  RecordingWriter writer(job.out, info, job.force);
  images.append_to(writer);
  responses.append_to(writer);
  writer.finish();
  return {.notes = images.notes()};
}

/// "nsd-00013" of "train-0001_nsd-00013.png".
std::string image_of(const fs::path& file) {
  const std::string name = file.stem().string();
  const size_t mark = name.find("nsd-");
  return mark == std::string::npos ? name : name.substr(mark);
}

/// One hemisphere of the Algonauts folder.
struct Hemisphere {
  ResponseFiles responses;
  Sensors sensors;
};

Hemisphere read_hemisphere(const fs::path& folder, const std::string& side,
                           const std::string& roi) {
  ResponseFiles responses(
      open_all({side + "_training_fmri.npy"}, folder / "training_split/training_fmri"),
      {"trial", "sensor"});
  Sensors sensors = plain_sensors(responses.sensors(), side);
  const std::string mask = concat(side, ".", roi, "_challenge_space.npy");
  if (!roi.empty() && fs::exists(folder / "roi_masks")) {
    const auto labels = open_array(mask, folder / "roi_masks");
    require_shape(labels->shape(), {responses.sensors()}, labels->where(), "one for each vertex");
    const auto numbers = integers_of(labels->read(at::kLong));
    for (size_t v = 0; v < numbers.size(); ++v) {
      if (numbers[v] > 0) sensors.roi[v] = nsd::label_name(roi, numbers[v]);
    }
  }
  return {std::move(responses), std::move(sensors)};
}

void append(Sensors& to, const Sensors& more) {
  const auto add = [](auto& list, const auto& tail) {
    list.insert(list.end(), tail.begin(), tail.end());
  };
  add(to.name, more.name);
  add(to.roi, more.roi);
  add(to.array, more.array);
  add(to.x, more.x);
  add(to.y, more.y);
  add(to.size, more.size);
  add(to.reliability, more.reliability);
}

}  // namespace

Options NsdArraysImporter::options() {
  return {
      Option("subject", subject_, "number in the arrays' names (Algonauts: the folder says it)")
          .range(1, 8),
      Option("image_size", image_size_, "side of the stimuli; 0 = as they are")
          .unit("pixels")
          .range(0, 16384),
      Option("roi", roi_, "Algonauts: ROI masks that name the vertices; empty = none"),
      Option("test_stimuli", test_stimuli_,
             "Algonauts: the last so many images are 'test' (the challenge keeps its own responses "
             "to itself)")
          .range(0),
  };
}

ImportReport NsdArraysImporter::import(const ImportJob& job) {
  if (job.paths.size() != 1 || !fs::is_directory(job.paths[0])) {
    throw Error("import nsd-arrays", "takes one folder",
                "It holds nsd_train_fmriavg_nsdgeneral_sub1.npy and so on, or training_split");
  }
  const fs::path& folder = job.paths[0];
  if (!fs::exists(folder / "training_split")) {
    return import_averaged(folder, subject_, image_size_, job);
  }
  Hemisphere left = read_hemisphere(folder, "lh", roi_),
             right = read_hemisphere(folder, "rh", roi_);
  const auto files = image_files(folder / "training_split/training_images");
  const ImageFiles images(files, image_size_);
  require_images(left.responses.trials(), images.count(), folder);
  require_images(right.responses.trials(), images.count(), folder);
  if (test_stimuli_ >= images.count()) {
    throw Error("--test-stimuli", concat("is ", test_stimuli_, " of ", images.count(), " images"));
  }
  RecordingInfo info = described(job);
  set_size(images, info);
  for (int64_t i = 0; i < images.count(); ++i) {
    add_shown_once(info, i < images.count() - test_stimuli_ ? "train" : "test", 0,
                   {images.path(i).filename().string()});
    info.stimulus_source.back() = image_of(images.path(i));
  }
  info.sensors = left.sensors;
  append(info.sensors, right.sensors);
  RecordingWriter writer(job.out, info, job.force);
  images.append_to(writer);
  const int64_t step = std::min(left.responses.batch(), right.responses.batch());
  for (int64_t first = 0; first < images.count(); first += step) {
    const int64_t count = std::min(step, images.count() - first);
    writer.append_responses(
        at::cat({left.responses.rows(first, count), right.responses.rows(first, count)}, 1));
  }
  writer.finish();
  return {};
}

}  // namespace afterimage
