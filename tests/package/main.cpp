// A program of someone else: calls the installed library as a guest that shares its process, and
// tells on standard output that the answers are right.
#include <ATen/ATen.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/run_context.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/model.h"
#include "afterimage/decoders/session.h"
#include "afterimage/recordings/array_source.h"

using namespace afterimage;

namespace {

constexpr int64_t kSensors = 12, kTrain = 40, kSize = 16;

/// What goes to standard output and error while it lives, counted instead of shown.
class Silence {
 public:
  explicit Silence(const std::filesystem::path& file)
      : file_(::open(file.c_str(), O_CREAT | O_RDWR, 0600)), out_(::dup(1)), error_(::dup(2)) {
    std::fflush(nullptr);
    ::dup2(file_, 1);
    ::dup2(file_, 2);
  }
  ~Silence() {
    std::fflush(nullptr);
    ::dup2(out_, 1);
    ::dup2(error_, 2);
  }
  /// Bytes so far.
  int64_t broken() const {
    std::fflush(nullptr);
    struct stat status {};
    ::fstat(file_, &status);
    return status.st_size;
  }

 private:
  int file_, out_, error_;
};

/// Asks to stop, from a thread of its own, once the training has made three steps.
class Impatient : public Listener {
 public:
  explicit Impatient(Cancellation stop) : stop_(std::move(stop)) {}
  ~Impatient() override {
    if (thread_.joinable()) thread_.join();
  }
  void progress(const ProgressState& state) override {
    const bool due = state.title == "Training" && state.done == 3;
    if (due && !thread_.joinable()) {  // the end of the training is reported as well
      thread_ = std::thread([stop = stop_] { stop.request(); });
    }
  }

 private:
  Cancellation stop_;
  std::thread thread_;
};

/// Each sensor sees the brightness of one pixel.
at::Tensor responses_to(const at::Tensor& images) {  // (n, 3, y, x) uint8 -> (n, sensor, 1)
  return images.to(at::kFloat).mean(1).flatten(1).slice(1, 0, kSensors * 21, 21).unsqueeze(2);
}

void write_recording(const std::filesystem::path& path, const at::Tensor& images) {
  RecordingInfo info;
  for (int64_t s = 0; s < kSensors; ++s) {
    info.sensors.name.push_back(concat("e", s));
    info.sensors.roi.push_back("V1");
    info.sensors.array.push_back(0);
    info.sensors.x.push_back(0.05);
    info.sensors.y.push_back((static_cast<double>(s) + 0.5) / kSize);
    info.sensors.size.push_back(0.1);
    info.sensors.reliability.push_back(1);
  }
  info.bins = {{25, 125}};
  info.height = info.width = kSize;
  for (int64_t i = 0; i < images.size(0); ++i) {
    info.stimulus_name.push_back(concat("image ", i));
    info.stimulus_source.push_back(concat("photo ", i));
    info.trials.stimulus.push_back(i);
    info.trials.repeat.push_back(0);
    info.trials.block.push_back(0);
    info.trials.split.push_back(i < kTrain ? "train" : "test");
  }
  RecordingWriter writer(path, info, false);
  writer.append_images(images);
  writer.append_responses(responses_to(images));
  writer.finish();
}

Config config_of(const std::vector<std::string>& settings) {
  Config config;
  for (const auto& setting : settings) config.override_with(setting);
  return config;
}

/// A model loaded under a run that is gone decodes arrays like the decoder it holds.
bool a_model_outlives_its_run(const Recording& recording, const std::filesystem::path& folder) {
  std::optional<Model> model;
  {
    const RunContext run;
    Model::train(config_of({"decoder=ridge", "data.image_size=16"}), recording, run,
                 {folder / "ridge"}, {});
    model = Model::load(folder / "ridge", run);
  }
  const at::Tensor raw = recording.responses({kTrain})[0];  // (sensor, bin)
  const at::Tensor image = Session(*model).decode(raw);
  return image.sizes() == at::IntArrayRef({3, kSize, kSize}) &&
         image.equal(model->decoder().reconstruct(model->standardise(raw.unsqueeze(0)))[0]);
}

/// A decoder learns from arrays in memory: no file anywhere.
bool arrays_are_a_source(const Recording& recording, const at::Tensor& images) {
  const RunContext run;
  const at::Tensor responses = responses_to(images) / 255 - 0.5;
  const auto decoder = make_decoder("ridge", "consumer");
  decoder->build({recording.info().sensors, recording.info().bins, kSize}, run);
  decoder->fit(ArraySource(responses, images), {run, {}, false, {}});
  const auto made = decoder->reconstruct(responses);
  const auto seen = images.to(at::kFloat) / 255;
  return (made - seen).abs().mean().item<double>() <
         0.95 * (seen - seen.mean(0)).abs().mean().item<double>();
}

/// Another thread stops a training, which keeps what it has and can go on.
bool a_training_is_stopped(const Recording& recording, const std::filesystem::path& folder) {
  const auto config =
      config_of({"decoder=image-to-image", "data.image_size=16", "unet.blocks=3", "unet.width=4",
                 "objective.perceptual=0", "training.steps=6", "training.batch=2"});
  const Cancellation stop;
  const RunContext impatient({}, stop, std::make_shared<Impatient>(stop));
  try {
    Model::train(config, recording, impatient, {folder / "unet"}, {});
    return false;
  } catch (const Interrupted&) {
  }
  TrainOptions again{folder / "unet"};
  again.resume = true;
  Model::train(config, recording, RunContext(), again, {});
  return std::filesystem::exists(folder / "unet/model.json");
}

}  // namespace

int main() {
  const TemporaryFolder folder;
  const bool data = std::filesystem::is_directory(data_dir() / "weights");
  bool outlives = false, arrays = false, stopped = false, silent = false;
  std::string failure;
  try {
    const Silence silence(folder / "output");
    const auto images =
        at::randint(0, 256, {kTrain + 4, 3, kSize / 4, kSize / 4}, RunContext().generator("images"))
            .to(at::kByte)
            .repeat_interleave(4, 2)
            .repeat_interleave(4, 3);
    write_recording(folder / "recording.h5", images);
    const Recording recording(folder / "recording.h5");
    outlives = a_model_outlives_its_run(recording, folder.path());
    arrays = arrays_are_a_source(recording, images);
    stopped = a_training_is_stopped(recording, folder.path());
    silent = silence.broken() == 0;
  } catch (const std::exception& error) {
    failure = error.what();
  }
  std::printf(
      "afterimage %s: data %d, model outlives its run %d, arrays %d, stopped %d, silent %d %s\n",
      version().c_str(), data, outlives, arrays, stopped, silent, failure.c_str());
  return data && outlives && arrays && stopped && silent ? 0 : 1;
}
