#include "afterimage/simulation/simulator.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/feature_network.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/simulation/colour_sums.h"
#include "afterimage/simulation/features.h"
#include "afterimage/simulation/geometry.h"
#include "afterimage/simulation/model.h"
#include "afterimage/simulation/noise.h"
#include "afterimage/simulation/shapes.h"
#include "afterimage/simulation/stimuli.h"
#include "afterimage/simulation/tuning.h"

namespace afterimage {
namespace {

using namespace simulator;

constexpr int64_t kBatch = 64;  // stimuli whose features are in memory at once
constexpr int64_t kCalibration =
    256;  // training stimuli that components and spreads are taken from
constexpr int64_t kTrialsAtOnce = 256;

void stop_if_cancelled(const RunContext& run) {
  run.stop_if_cancelled("simulation stopped; no recording was written");
}

std::vector<int64_t> range(int64_t first, int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), first);
  return rows;
}

at::Tensor as_float(const at::Tensor& images, const RunContext& run) {
  return images.to(run.device()).to(at::kFloat).div_(255);
}

/// Everything a simulation is made of, in the order it is drawn.
class Simulation {
 public:
  Simulation(const SimulatorOptions& options, const std::filesystem::path& folder,
             const RunContext& run)
      : options_(options),
        run_(run),
        brain_(brain_model(options.preset, options.scale)),
        geometry_(place_sensors(brain_,
                                {options.coverage == "quadrant", options.magnification,
                                 options.fixation_x, options.fixation_y},
                                run.generator("simulator geometry"))),
        photographs_(choose(options, folder, run)),
        stimuli_(plan_stimuli(photographs_, options.train_trials, run.generator("simulator crops"),
                              options.shapes)),
        reader_(photographs_, options.image_size),
        test_(std::ssize(photographs_.test) + std::ssize(photographs_.other) + options.shapes),
        trials_(schedule(train(), test_, options.test_repeats, options.blocks,
                         run.generator("simulator schedule"))),
        tuning_(brain_, geometry_, run.generator("simulator tuning")),
        features_(make_features()),
        responses_(brain_, geometry_, {options.bins, options.pre_stimulus}, noise_options(),
                   trials_.count(), run) {}

  SimulationSummary write(const std::filesystem::path& out, bool force,
                          const nlohmann::json& provenance) {
    if (!sums_colours()) calibrate();
    RecordingWriter writer(out, info(provenance), force);
    const auto signals = write_images(writer);
    write_responses(writer, signals);
    write_truth(writer, signals);
    writer.finish();
    return summary();
  }

 private:
  static Photographs choose(const SimulatorOptions& options, const std::filesystem::path& folder,
                            const RunContext& run) {
    auto photographs = choose_photographs(folder, options.test_images, options.skip_bad,
                                          run.generator("simulator splits"));
    if (!options.other.empty()) add_others(photographs, options.other, options.skip_bad);
    return photographs;
  }

  /// The split of each trial: shapes and other photographs are tested apart.
  std::vector<std::string> splits() const {
    const int64_t other = train() + std::ssize(photographs_.test);
    const int64_t shapes = other + std::ssize(photographs_.other);
    auto splits = trials_.split;
    for (size_t t = 0; t < splits.size(); ++t) {
      if (trials_.stimulus[t] >= other) splits[t] = "other";
      if (trials_.stimulus[t] >= shapes) splits[t] = "shapes";
    }
    return splits;
  }

  int64_t train() const { return static_cast<int64_t>(stimuli_.size()) - test_; }

  bool sums_colours() const { return options_.signals == "sum-of-colours"; }

  NoiseOptions noise_options() const {
    return {options_.snr,    options_.snr_spread, options_.gain_share, options_.noise_correlation,
            options_.blocks, options_.drift};
  }

  FeatureBank make_features() const {
    const auto needed = sums_colours() ? std::array<bool, kFamilies>{} : tuning_.needed();
    std::shared_ptr<FeatureNetwork> network;
    if (needed[shape] || needed[object]) {
      network = load_feature_network("squeezenet", run_.weights());
      network->to(run_.device());
    }
    return FeatureBank(network, needed, options_.image_size);
  }

  /// Components and spreads from training stimuli spread evenly over the photographs.
  void calibrate() {
    const int64_t count = std::min(kCalibration, train());
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < count; ++i) rows.push_back(i * train() / count);
    const auto images = as_float(reader_.read(stimuli_, rows), run_);
    features_.fit(images);
    tuning_.calibrate(features_.maps(images));
  }

  RecordingInfo info(const nlohmann::json& provenance) const {
    RecordingInfo info;
    info.sensors = geometry_.sensors;
    if (options_.hide_fields) {
      for (auto* list : {&info.sensors.x, &info.sensors.y, &info.sensors.size}) {
        std::ranges::fill(*list, std::nan(""));
      }
    }
    info.trials = trials_;
    info.trials.split = splits();
    info.bins = responses_.bins();
    for (const auto& stimulus : stimuli_) {
      info.stimulus_name.push_back(stimulus.name);
      info.stimulus_source.push_back(stimulus.source);
    }
    info.height = info.width = options_.image_size;
    info.degrees_per_stimulus = brain_.degrees_per_stimulus;
    info.fixation_x = options_.fixation_x;
    info.fixation_y = options_.fixation_y;
    info.provenance = provenance;
    auto& simulation = info.provenance["simulation"];
    simulation = {{"skipped_photographs", photographs_.skipped}, {"note", photographs_.note}};
    if (!sums_colours()) {
      simulation["local_features"] = local_feature_names();
      simulation["shape_layer"] = "squeezenet features.5, principal components";
      simulation["object_layer"] = "squeezenet features.12, principal components";
    }
    return info;
  }

  /// Writes the stimuli and returns the signals they evoke, (stimulus, sensor).
  at::Tensor write_images(RecordingWriter& writer) {
    const auto count = static_cast<int64_t>(stimuli_.size());
    Progress progress(run_, "Simulating", count, "image");
    std::vector<at::Tensor> drives;
    for (int64_t first = 0; first < count; first += kBatch) {
      stop_if_cancelled(run_);
      const int64_t n = std::min(kBatch, count - first);
      const auto images = reader_.read(stimuli_, range(first, n));
      writer.append_images(images);
      const auto pixels = as_float(images, run_);
      drives.push_back((sums_colours() ? colour_sums(pixels, geometry_.sensors)
                                       : tuning_.drive(features_.maps(pixels)))
                           .cpu());
      progress.advance(n);
    }
    const auto training = at::arange(train(), at::kLong);
    return sums_colours() ? standardised_signals(at::cat(drives), training).to(at::kFloat)
                          : signals_from_drives(at::cat(drives), training);
  }

  void write_responses(RecordingWriter& writer, const at::Tensor& signals) {
    for (int64_t first = 0; first < trials_.count(); first += kTrialsAtOnce) {
      stop_if_cancelled(run_);
      const int64_t n = std::min(kTrialsAtOnce, trials_.count() - first);
      writer.append_responses(responses_.responses(signals, trials_, first, n));
    }
  }

  void write_truth(RecordingWriter& writer, const at::Tensor& signals) const {
    const auto numbers = [](const std::vector<double>& list) {
      return at::tensor(list, at::kDouble);
    };
    writer.add_truth("x", numbers(geometry_.sensors.x));
    writer.add_truth("y", numbers(geometry_.sensors.y));
    writer.add_truth("size", numbers(geometry_.sensors.size));
    writer.add_truth("eccentricity_degrees", numbers(geometry_.eccentricity));
    writer.add_truth("cortex", at::stack({numbers(geometry_.u), numbers(geometry_.v)}, 1));
    writer.add_truth("test_signal", signals.narrow(0, train(), test_).contiguous());
    if (!sums_colours()) {
      writer.add_truth("local_weights", tuning_.weights(local));
      writer.add_truth("shape_weights", tuning_.weights(shape));
      writer.add_truth("object_weights", tuning_.weights(object));
    }
    for (const auto& [name, values] : responses_.truth()) writer.add_truth(name, values);
  }

  SimulationSummary summary() const {
    SimulationSummary summary;
    summary.sensors = geometry_.sensors.count();
    summary.trials = trials_.count();
    summary.train_stimuli = train();
    summary.test_stimuli = std::ssize(photographs_.test);
    summary.train_photographs = std::min(train(), static_cast<int64_t>(photographs_.train.size()));
    summary.test_photographs = summary.test_stimuli;
    summary.skipped = photographs_.skipped;
    summary.note = photographs_.note;
    return summary;
  }

  const SimulatorOptions& options_;
  const RunContext& run_;
  BrainModel brain_;
  Geometry geometry_;
  Photographs photographs_;
  std::vector<Stimulus> stimuli_;
  StimulusReader reader_;
  int64_t test_;
  Trials trials_;
  Tuning tuning_;
  FeatureBank features_;
  ResponseModel responses_;
};

}  // namespace

Options SimulatorOptions::options() {
  return {
      Option(
          "preset", preset,
          "tvsd: macaque V1 (7), V4 (4) and IT (4 arrays of 64 electrodes); brain2pix: 1400 voxels "
          "of human V1, V2, V3")
          .one_of({"tvsd", "brain2pix"}),
      Option("coverage", coverage,
             "stimulus: fields cover all of it; quadrant: only the lower right of fixation, as in "
             "TVSD")
          .one_of({"stimulus", "quadrant"}),
      Option("magnification", magnification,
             "how much denser fields lie near fixation: 0 evenly, 1 as on macaque V1")
          .range(0, 1),
      Option("fixation_x", fixation_x, "point of fixation, from the left")
          .range(0, 1)
          .unit("stimulus widths"),
      Option("fixation_y", fixation_y, "point of fixation, from the top")
          .range(0, 1)
          .unit("stimulus widths"),
      Option("scale", scale, "number of sensors over the preset's").range(0.01, 4),
      Option("hide_fields", hide_fields,
             "leave receptive fields unknown in the recording (they stay in its truth)"),
      Option("signals", signals,
             "areas: what the preset's areas respond to; sum-of-colours: the stimulus' red, green "
             "and blue at the field's centre together (Brain2Pix's synthetic experiment)")
          .one_of({"areas", "sum-of-colours"}),
      Option("image_size", image_size, "side of the stored stimuli").range(16, 1024).unit("px"),
      Option("train_trials", train_trials, "random crops of training photographs, each shown once")
          .range(1, 1e7),
      Option("test_images", test_images, "photographs held out for the test").range(1, 1e6),
      Option("test_repeats", test_repeats, "times each test image is shown").range(1, 1000),
      Option("shapes", shapes,
             "artificial shapes that are tested too, as the split 'shapes' (Shen et al. 2019)")
          .range(0, static_cast<double>(kShapes)),
      Option("other", other,
             "folder of other photographs that are tested too, as the split 'other'"),
      Option("skip_bad", skip_bad, "leave out photographs that cannot be read instead of stopping"),
      Option("bins", bins,
             "window: the mean over one window per area; five: five windows, the same for all")
          .one_of({"window", "five"}),
      Option("pre_stimulus", pre_stimulus,
             "one more bin, before stimulus onset: baseline and noise, no signal"),
      Option("snr", snr, "signal variance over noise variance of one trial in its best bin")
          .range(0.01, 1000),
      Option("snr_spread", snr_spread, "standard deviation of log(snr) over sensors").range(0, 2),
      Option("gain_share", gain_share, "part of the noise that a gain shared by all sensors makes")
          .range(0, 0.9),
      Option("noise_correlation", noise_correlation,
             "part of the remaining noise that neighbours on an array share")
          .range(0, 0.9),
      Option("blocks", blocks, "days or runs the trials are spread over").range(1, 1000),
      Option("drift", drift, "change of each sensor's baseline from block to block")
          .range(0, 10)
          .unit("signal standard deviations"),
  };
}

SimulationSummary simulate(SimulatorOptions options, const std::filesystem::path& folder,
                           const std::filesystem::path& out, bool force, const RunContext& run,
                           const nlohmann::json& provenance) {
  check_options(options.options(), "simulate");
  check_output(out, force);
  const at::NoGradGuard no_gradients;
  return Simulation(options, folder, run).write(out, force, provenance);
}

}  // namespace afterimage
