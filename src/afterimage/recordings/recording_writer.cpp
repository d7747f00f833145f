#include <algorithm>
#include <numeric>
#include <optional>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/recording_parts.h"

namespace afterimage {
namespace {

using hdf5::File;

void write_tables(File& file, const RecordingInfo& info) {
  hdf5::write_heading(file, recording_parts::heading);
  file.set_attribute("/", "degrees_per_stimulus", info.degrees_per_stimulus);
  if (info.fixation_known()) {
    file.set_attribute("/", "fixation_x", info.fixation_x);
    file.set_attribute("/", "fixation_y", info.fixation_y);
  }
  file.set_attribute("/", "provenance", info.provenance.dump());

  file.write_strings("stimuli/name", info.stimulus_name);
  file.write_strings("stimuli/source", info.stimulus_source);
  if (!info.stimulus_category.empty()) {
    file.write_strings("stimuli/category", info.stimulus_category);
  }
  if (!info.stimulus_caption.empty()) {
    file.write_string_rows("stimuli/caption", info.stimulus_caption);
  }
  file.set_attribute("stimuli", "frames_per_second", info.frames_per_second);

  file.write("trials/stimulus", info.trials.stimulus);
  file.write("trials/repeat", info.trials.repeat);
  file.write("trials/block", info.trials.block);
  file.write_strings("trials/split", info.trials.split);

  const Sensors& sensors = info.sensors;
  file.write_strings("sensors/name", sensors.name);
  file.write_strings("sensors/roi", sensors.roi);
  file.write("sensors/array", sensors.array);
  file.write("sensors/x", sensors.x);
  file.write("sensors/y", sensors.y);
  file.write("sensors/size", sensors.size);
  file.write("sensors/reliability", sensors.reliability);
  for (const auto& [name, values] : sensors.measures) {
    file.write("sensors/measures/" + name, values);
  }

  std::vector<double> start, stop;
  for (const Bin& bin : info.bins) {
    start.push_back(bin.start_ms);
    stop.push_back(bin.stop_ms);
  }
  file.write("bins/start_ms", start);
  file.write("bins/stop_ms", stop);
}

// Images and responses lie in one piece, uncompressed. Measured (400 photographs of 128 x 128,
// 20000 trials of 4096 noise values, one core): deflate makes photographs 17 % and responses 14 %
// smaller, but writes 4-27 and reads 9-30 times more slowly; chunks without deflate help nobody,
// a random trial comes 1.6 times more slowly. Who needs the space runs h5repack: compressed files
// are read all the same.
void reserve_arrays(File& file, const RecordingInfo& info) {
  const hdf5::Layout whole;
  file.reserve<uint8_t>("stimuli/images", {info.stimuli(), info.height, info.width, info.channels},
                        whole);
  file.reserve<float>(
      "responses",
      {info.trials.count(), info.sensors.count(), static_cast<int64_t>(info.bins.size())}, whole);
}

}  // namespace

struct RecordingWriter::Impl {
  Impl(const std::filesystem::path& path, RecordingInfo about, bool force)
      : info(std::move(about)), target(path) {
    info.check(path.string());
    output.emplace(path, force);
    file.emplace(File::create(output->path()));
    write_tables(*file, info);
    reserve_arrays(*file, info);
  }

  RecordingInfo info;
  std::filesystem::path target;
  std::optional<Output> output;
  std::optional<File> file;  // closed before the output goes
  int64_t images = 0;        // written so far
  int64_t trials = 0;
};

RecordingWriter::RecordingWriter(const std::filesystem::path& path, RecordingInfo info, bool force)
    : impl_(std::make_unique<Impl>(path, std::move(info), force)) {}
RecordingWriter::~RecordingWriter() = default;

void RecordingWriter::append_images(const at::Tensor& images) {
  const RecordingInfo& info = impl_->info;
  TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.scalar_type() == at::kByte &&
                        images.size(1) == info.channels && images.size(2) == info.height &&
                        images.size(3) == info.width &&
                        impl_->images + images.size(0) <= info.stimuli());
  const at::Tensor stored = images.permute({0, 2, 3, 1}).contiguous();  // (n, y, x, channel)
  impl_->file->write_rows("stimuli/images", impl_->images, stored.size(0),
                          stored.const_data_ptr<uint8_t>());
  impl_->images += stored.size(0);
}

void RecordingWriter::append_responses(const at::Tensor& responses) {
  const RecordingInfo& info = impl_->info;
  TORCH_INTERNAL_ASSERT(responses.dim() == 3 && responses.scalar_type() == at::kFloat &&
                        responses.size(1) == info.sensors.count() &&
                        responses.size(2) == static_cast<int64_t>(info.bins.size()) &&
                        impl_->trials + responses.size(0) <= info.trials.count());
  const at::Tensor stored = responses.contiguous();  // (n, sensor, bin)
  std::vector<int64_t> trials = all_rows(stored.size(0));
  for (int64_t& trial : trials) trial += impl_->trials;
  recording_parts::require_finite(stored, trials, all_rows(stored.size(2)), info.sensors,
                                  impl_->target.string());
  impl_->file->write_rows("responses", impl_->trials, stored.size(0),
                          stored.const_data_ptr<float>());
  impl_->trials += stored.size(0);
}

void RecordingWriter::add_truth(const std::string& name, const at::Tensor& values) {
  const std::string dataset = "truth/" + name;
  const std::vector<int64_t> shape = values.sizes().vec();
  if (values.is_floating_point()) {
    const at::Tensor numbers = values.to(at::kCPU, at::kDouble).contiguous();
    impl_->file->write(dataset, shape, numbers.const_data_ptr<double>());
  } else {
    const at::Tensor numbers = values.to(at::kCPU, at::kLong).contiguous();
    impl_->file->write(dataset, shape, numbers.const_data_ptr<int64_t>());
  }
}

void RecordingWriter::finish() {
  TORCH_INTERNAL_ASSERT(
      impl_->images == impl_->info.stimuli() && impl_->trials == impl_->info.trials.count(),
      "a recording was finished before all of it was written");
  hdf5::write_complete(*impl_->file);
  impl_->file.reset();
  impl_->output->commit();
}

void RecordingWriter::copy_images(const Recording& from) {
  const RecordingInfo& info = from.info();
  for_batches(all_rows(info.stimuli()), rows_per_batch(2 * 3 * info.height * info.width),
              [&](int64_t, const std::vector<int64_t>& rows) {
                append_images(from.images(rows).narrow(1, 0, impl_->info.channels));
              });
}

void RecordingWriter::copy_truth(const Recording& from) {
  for (const auto& name : from.truths()) add_truth(name, from.truth(name));
}

void copy_recording(const Recording& from, const RecordingInfo& info,
                    const std::filesystem::path& path, bool force) {
  RecordingWriter writer(path, info, force);
  writer.copy_images(from);
  for_batches(all_rows(info.trials.count()), rows_per_batch(from.sensors() * from.bins() * 4),
              [&](int64_t, const std::vector<int64_t>& rows) {
                writer.append_responses(from.responses(rows));
              });
  writer.copy_truth(from);
  writer.finish();
}

}  // namespace afterimage
