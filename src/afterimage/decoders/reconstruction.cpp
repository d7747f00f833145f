#include "afterimage/decoders/reconstruction.h"

#include <ATen/ATen.h>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/hdf5_heading.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

const hdf5::Heading heading = {"afterimage-reconstruction", 1, "reconstruction",
                               "Make one with 'afterimage reconstruct'"};

void write_images(hdf5::File& file, const std::string& name, const at::Tensor& images) {
  const auto rows = images.permute({0, 2, 3, 1}).to(at::kCPU, at::kFloat).contiguous();  // n y x c
  file.write(name, rows.sizes().vec(), rows.const_data_ptr<float>(),
             {.rows_per_chunk = 1, .deflate = 4});
}

at::Tensor read_images(const hdf5::File& file, const std::string& name, int64_t count) {
  file.require_shape(name, {count, -1, -1, 3}, {"", "height", "width"});
  const auto values = file.read<float>(name);
  const auto rows = at::tensor(values).view(file.shape(name));  // (n, y, x, c)
  // Not the negation of "outside": NaN is neither.
  if (!rows.ge(0).logical_and(rows.le(1)).all().item<bool>()) {
    throw Error(file.path(), "'" + name + "' has values outside 0..1 or not a number",
                "Images are RGB from 0 to 1");
  }
  return rows.permute({0, 3, 1, 2}).contiguous();
}

std::vector<std::string> read_texts(const hdf5::File& file, const std::string& name,
                                    int64_t count) {
  file.require_shape(name, {count});
  return file.read_strings(name);
}

void write_probe(hdf5::File& file, const std::string& name, const Probe& probe) {
  TORCH_INTERNAL_ASSERT(probe.images.scalar_type() == at::kByte);
  TORCH_INTERNAL_ASSERT(probe.images.size(0) == std::ssize(probe.row));
  const auto rows = probe.images.permute({0, 2, 3, 1}).contiguous();  // n y x c
  file.write(name + "/row", probe.row);
  file.write(name + "/images", rows.sizes().vec(), rows.const_data_ptr<uint8_t>(),
             {.rows_per_chunk = 1, .deflate = 4});
}

Probe read_probe(const hdf5::File& file, const std::string& name, const at::Tensor& images) {
  Probe probe;
  probe.row = file.read<int64_t>(name + "/row");
  for (const auto row : probe.row) {
    if (row >= 0 && row < images.size(0)) continue;
    throw Error(file.path(), concat("'", name, "/row' names row ", row),
                concat("There are ", images.size(0), " images"));
  }
  const std::vector<int64_t> shape = {std::ssize(probe.row), images.size(2), images.size(3), 3};
  file.require_shape(name + "/images", shape);
  probe.images = at::tensor(file.read<uint8_t>(name + "/images")).view(shape).permute({0, 3, 1, 2});
  probe.images = probe.images.contiguous();
  return probe;
}

nlohmann::json read_json_attribute(const hdf5::File& file, const std::string& name) {
  const auto parsed = nlohmann::json::parse(file.text_attribute("/", name), nullptr,
                                            /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    throw Error(file.path(), "its " + name + " is not JSON", "The file was changed or is damaged");
  }
  return parsed;
}

/// What the file says of the decoder's training; older files say less.
void read_training(const hdf5::File& file, Reconstruction& result) {
  if (file.has_attribute("/", "train_split")) {
    result.train_split = file.text_attribute("/", "train_split");
  }
  if (file.has_attribute("/", "trained_against")) {
    result.trained_against =
        trained_against_from(read_json_attribute(file, "trained_against"), file.path().string());
  }
  if (file.has_attribute("/", "configuration")) {
    result.configuration = file.text_attribute("/", "configuration");
  }
  if (!file.has_attribute("/", "seed")) return;
  const auto seed = read_json_attribute(file, "seed");
  if (seed.is_number_integer()) result.seed = seed.get<int64_t>();
}

}  // namespace

void Reconstruction::save(const std::filesystem::path& path, bool force) const {
  const auto count = static_cast<int64_t>(stimulus.size());
  TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.size(0) == count && images.size(1) == 3);
  TORCH_INTERNAL_ASSERT(trials_averaged.size() == stimulus.size());
  TORCH_INTERNAL_ASSERT(stimulus_name.size() == stimulus_sha256.size());
  Output output(path, force);
  {
    auto file = hdf5::File::create(output.path());
    hdf5::write_heading(file, heading);
    file.set_attribute("/", "name", name);
    file.set_attribute("/", "decoder", decoder);
    file.set_attribute("/", "split", split);
    file.set_attribute("/", "provenance", provenance.dump());
    if (!train_split.empty()) file.set_attribute("/", "train_split", train_split);
    if (trained_against) {
      file.set_attribute("/", "trained_against", trained_against_json(trained_against).dump());
    }
    if (!configuration.empty()) file.set_attribute("/", "configuration", configuration);
    if (seed) file.set_attribute("/", "seed", std::to_string(*seed));
    file.write("/stimulus", stimulus);
    if (!stimulus_name.empty()) {
      file.write_strings("/stimulus_name", stimulus_name);
      file.write_strings("/stimulus_sha256", stimulus_sha256);
    }
    file.write("/trials_averaged", trials_averaged);
    write_images(file, "/images", images);
    for (const auto& [control, control_images] : controls) {
      TORCH_INTERNAL_ASSERT(control_images.sizes() == images.sizes());
      write_images(file, "/controls/" + control, control_images);
    }
    for (const auto& [probe, made] : probes) write_probe(file, "/probes/" + probe, made);
    if (batch_difference) file.set_attribute("/", "batch_difference", *batch_difference);
    hdf5::write_complete(file);
  }
  output.commit();
}

Reconstruction Reconstruction::load(const std::filesystem::path& path) {
  const auto file = hdf5::File::open(path);
  hdf5::check_heading(file, heading);
  Reconstruction result;
  result.name = file.text_attribute("/", "name");
  result.decoder = file.text_attribute("/", "decoder");
  result.split = file.text_attribute("/", "split");
  result.provenance = read_json_attribute(file, "provenance");
  read_training(file, result);
  result.stimulus = file.read<int64_t>("/stimulus");
  const auto count = static_cast<int64_t>(result.stimulus.size());
  if (file.has("/stimulus_sha256")) {
    result.stimulus_name = read_texts(file, "/stimulus_name", count);
    result.stimulus_sha256 = read_texts(file, "/stimulus_sha256", count);
  }
  file.require_shape("/trials_averaged", {count});
  result.trials_averaged = file.read<int64_t>("/trials_averaged");
  result.images = read_images(file, "/images", count);
  if (file.has_attribute("/", "batch_difference")) {
    result.batch_difference = file.number_attribute("/", "batch_difference");
  }
  if (file.has("/probes")) {
    for (const auto& probe : file.members("/probes")) {
      result.probes[probe] = read_probe(file, "/probes/" + probe, result.images);
    }
  }
  if (!file.has("/controls")) return result;
  const auto shape = file.shape("/images");
  for (const auto& control : file.members("/controls")) {
    file.require_shape("/controls/" + control, shape);
    result.controls[control] = read_images(file, "/controls/" + control, count);
  }
  return result;
}

void Reconstruction::show(const Recording& recording, std::vector<int64_t> stimuli,
                          const RunContext& run) {
  stimulus = std::move(stimuli);
  stimulus_sha256 = stimulus_hashes(recording, stimulus, run);
  stimulus_name.clear();
  for (const auto row : stimulus) {
    stimulus_name.push_back(recording.info().stimulus_name[static_cast<size_t>(row)]);
  }
}

std::vector<std::string> stimulus_identity(const Reconstruction& reconstruction) {
  if (!reconstruction.stimulus_sha256.empty()) return reconstruction.stimulus_sha256;
  std::vector<std::string> rows;
  for (const auto row : reconstruction.stimulus) rows.push_back(std::to_string(row));
  return rows;
}

void check_shown_in(const Reconstruction& reconstruction, const Recording& recording,
                    const RunContext& run) {
  const RecordingInfo& info = recording.info();
  const auto refuse = [&](const std::string& what) {
    throw Error(recording.path(), what,
                concat("Name the recording that '", reconstruction.name, "' reconstructs"));
  };
  const auto& rows = reconstruction.stimulus;
  for (const auto row : rows) {
    if (row >= 0 && row < info.stimuli()) continue;
    refuse(concat("has no stimulus ", row, " (it has ", info.stimuli(), ")"));
  }
  if (reconstruction.stimulus_sha256.empty()) return;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto &name = info.stimulus_name[static_cast<size_t>(rows[i])],
               &wanted = reconstruction.stimulus_name[i];
    if (name != wanted) {
      refuse(concat("its stimulus ", rows[i], " is '", name, "', and '", wanted,
                    "' was reconstructed"));
    }
  }
  const auto hashes = stimulus_hashes(recording, rows, run);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (hashes[i] == reconstruction.stimulus_sha256[i]) continue;
    refuse(concat("its stimulus ", rows[i], " ('", reconstruction.stimulus_name[i],
                  "') has other pixels than the one that was reconstructed"));
  }
}

}  // namespace afterimage
