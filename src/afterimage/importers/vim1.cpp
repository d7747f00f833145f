#include "afterimage/importers/vim1.h"

#include <ATen/Functions.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/response_files.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> roi_names = {"other", "V1",  "V2", "V3",
                                            "V3A",   "V3B", "V4", "LatOcc"};

/// Contrasts of both sets (n, y, x) as bytes, the smallest 0 and the largest 255.
at::Tensor scaled_images(const fs::path& path, int64_t train, int64_t test,
                         std::vector<std::string>& notes) {
  const MatFile file(path);
  const auto read = [&](const char* name, int64_t count) {
    const at::Tensor images = file.read(name).to(at::kFloat);
    require_shape(images.sizes().vec(), {count, -1, -1}, concat(path.string(), " '", name, "'"),
                  "an image for each response", {"", "y", "x"});
    return images;
  };
  const at::Tensor images = at::cat({read("stimTrn", train), read("stimVal", test)});
  const float low = images.min().item<float>(), high = images.max().item<float>();
  if (!std::isfinite(low) || !(high > low)) throw Error(path, "has images of NaN or of one value");
  notes.push_back(concat("the images' contrasts from ", number_text(low), " to ", number_text(high),
                         " are stored as 0 to 255"));
  return ((images - low) / (high - low) * 255).round().to(at::kByte).unsqueeze(1);
}

std::vector<std::string> rois_of(const fs::path& path, const std::string& name, int64_t voxels) {
  const at::Tensor codes = MatFile(path).read(name);
  if (codes.numel() != voxels) {
    throw Error(path, concat("'", name, "' has ", codes.numel(), " numbers"),
                concat("There are ", voxels, " voxels"));
  }
  std::vector<std::string> names;
  for (const int64_t code : integers_of(codes)) {
    const bool known = code >= 0 && code < static_cast<int64_t>(roi_names.size());
    names.push_back(known ? roi_names[static_cast<size_t>(code)] : concat("roi-", code));
  }
  return names;
}

}  // namespace

Options Vim1Importer::options() { return {Option("subject", subject_, "subject").range(1, 2)}; }

ImportReport Vim1Importer::import(const ImportJob& job) {
  if (job.paths.size() != 1 || !fs::is_directory(job.paths[0])) {
    throw Error("import vim1", "takes one folder, with EstimatedResponses.mat and Stimuli.mat");
  }
  const fs::path& folder = job.paths[0];
  const std::string file = "EstimatedResponses.mat", subject = concat("S", subject_);
  std::vector<std::unique_ptr<ArrayFile>> arrays;
  arrays.push_back(open_array(file + ":dataTrn" + subject, folder));
  arrays.push_back(open_array(file + ":dataVal" + subject, folder));
  ResponseFiles responses(std::move(arrays), {"sensor", "trial"});
  const auto counts = responses.trials_by_file();

  RecordingInfo info;
  for (size_t part = 0; part < 2; ++part) {
    const std::string split = part == 0 ? "train" : "test";
    add_shown_once(info, split, 0, names_from_1(split, counts[part]));
  }
  ImportReport report;
  const at::Tensor images =
      scaled_images(folder / "Stimuli.mat", counts[0], counts[1], report.notes);
  info.height = images.size(2);
  info.width = images.size(3);
  info.channels = 1;
  info.degrees_per_stimulus = 20;
  info.fixation_x = info.fixation_y = 0.5;  // Kay et al. 2008: a square in the middle
  info.bins = {{0, 4000}};                  // an image every 4 s
  info.sensors = plain_sensors(responses.sensors(), "voxel");
  info.sensors.roi = rois_of(folder / file, "roi" + subject, responses.sensors());

  drop_gaps(responses, info.sensors, (folder / file).string(), report, "voxels",
            "NaN in some image");
  info.provenance = with_report(job.provenance, report);
  RecordingWriter writer(job.out, info, job.force);
  writer.append_images(images);
  responses.append_to(writer);
  writer.finish();
  return report;
}

}  // namespace afterimage
