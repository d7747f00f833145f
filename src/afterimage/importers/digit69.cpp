#include "afterimage/importers/digit69.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat.h"
#include "afterimage/importers/image_values.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

constexpr int64_t side = 28;
constexpr double shown_ms = 12500;  // how long a digit was shown; the file itself holds no times

/// Responses and images of one split.
struct Part {
  std::string split;
  at::Tensor responses;  // (n, voxel)
  at::Tensor images;     // (n, 1, y, x) uint8
};

Part read_part(const MatFile& file, const std::string& where, const std::string& split,
               const std::string& responses, const std::string& stimuli,
               std::vector<std::string>& notes) {
  constexpr const char* right = "Use digit69_28x28.mat as it was distributed";
  Part part{split, file.read(responses).to(at::kFloat), file.read(stimuli)};
  if (part.responses.dim() != 2) {
    throw Error(where, concat("'", responses, "' has ", part.responses.dim(), " dimensions"),
                right);
  }
  const int64_t n = part.responses.size(0);
  if (part.images.dim() != 2 || part.images.size(0) != n || part.images.size(1) != side * side) {
    throw Error(where,
                concat("'", stimuli, "' is ", part.images.sizes(), ", expected [", n, ", ",
                       side * side, "]"),
                right);
  }
  if (!at::isfinite(part.responses).all().item<bool>()) {
    throw Error(where, "'" + responses + "' has values that are not finite");
  }
  part.images = image_bytes(part.images, concat(where, " '", stimuli, "'"), notes)
                    .view({n, 1, side, side})  // (n, 1, x, y): columns first
                    .transpose(2, 3)           // (n, 1, y, x)
                    .contiguous();
  return part;
}

RecordingInfo describe(const std::vector<Part>& parts, const nlohmann::json& provenance) {
  RecordingInfo info;
  info.height = info.width = side;
  info.channels = 1;
  info.bins = {{0, shown_ms}};
  info.provenance = provenance;
  for (const auto& part : parts) {
    add_shown_once(info, part.split, 0, names_from_1(part.split, part.responses.size(0)));
  }
  info.sensors = plain_sensors(parts[0].responses.size(1), "voxel");
  info.sensors.roi.assign(info.sensors.name.size(), "visual cortex");
  return info;
}

}  // namespace

ImportReport Digit69Importer::import(const ImportJob& job) {
  if (job.paths.size() != 1) throw Error("import digit69", "takes one file, digit69_28x28.mat");
  const std::string where = job.paths[0].string();
  const MatFile file(job.paths[0]);
  ImportReport report;
  const std::vector<Part> parts = {
      read_part(file, where, "train", "fmriTrn", "stimTrn", report.notes),
      read_part(file, where, "test", "fmriTest", "stimTest", report.notes)};
  if (parts[0].responses.size(1) != parts[1].responses.size(1)) {
    throw Error(where, "fmriTrn and fmriTest have different numbers of voxels");
  }
  RecordingWriter writer(job.out, describe(parts, job.provenance), job.force);
  for (const auto& part : parts) {
    writer.append_images(part.images);
    writer.append_responses(part.responses.unsqueeze(2));
  }
  writer.finish();
  return report;
}

}  // namespace afterimage
