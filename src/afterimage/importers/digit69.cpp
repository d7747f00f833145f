#include "afterimage/importers/digit69.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>

#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat.h"
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
               const std::string& responses, const std::string& stimuli) {
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
  if (n > 0 && (part.images.min().item<double>() < 0 || part.images.max().item<double>() > 255)) {
    throw Error(where, "'" + stimuli + "' has values outside 0..255", right);
  }
  if (!at::isfinite(part.responses).all().item<bool>()) {
    throw Error(where, "'" + responses + "' has values that are not finite");
  }
  part.images = part.images
                    .view({n, 1, side, side})  // (n, 1, x, y): columns first
                    .transpose(2, 3)           // (n, 1, y, x)
                    .to(at::kByte)
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
    for (int64_t i = 0; i < part.responses.size(0); ++i) {
      info.trials.stimulus.push_back(info.stimuli());
      info.stimulus_name.push_back(concat(part.split, "-", i + 1));
      info.stimulus_source.push_back(info.stimulus_name.back());
      info.trials.repeat.push_back(0);
      info.trials.block.push_back(0);
      info.trials.split.push_back(part.split);
    }
  }
  const auto unknown = std::numeric_limits<double>::quiet_NaN();
  const auto voxels = static_cast<size_t>(parts[0].responses.size(1));
  for (size_t v = 0; v < voxels; ++v) info.sensors.name.push_back(concat("voxel-", v + 1));
  info.sensors.roi.assign(voxels, "visual cortex");
  info.sensors.array.assign(voxels, -1);
  info.sensors.x = info.sensors.y = info.sensors.size = info.sensors.reliability =
      std::vector<double>(voxels, unknown);
  return info;
}

}  // namespace

ImportReport Digit69Importer::import(const ImportJob& job) {
  if (job.paths.size() != 1) throw Error("import digit69", "takes one file, digit69_28x28.mat");
  const std::string where = job.paths[0].string();
  const MatFile file(job.paths[0]);
  const std::vector<Part> parts = {read_part(file, where, "train", "fmriTrn", "stimTrn"),
                                   read_part(file, where, "test", "fmriTest", "stimTest")};
  if (parts[0].responses.size(1) != parts[1].responses.size(1)) {
    throw Error(where, "fmriTrn and fmriTest have different numbers of voxels");
  }
  RecordingWriter writer(job.out, describe(parts, job.provenance), job.force);
  for (const auto& part : parts) {
    writer.append_images(part.images);
    writer.append_responses(part.responses.unsqueeze(2));
  }
  writer.finish();
  return {};
}

}  // namespace afterimage
