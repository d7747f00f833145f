#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/config.h"
#include "afterimage/base/fit_context.h"
#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/probes.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/encoding/predicted_options.h"
#include "afterimage/recordings/array_trials.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {

/// What every decoder's configuration says of the data: `data.*`.
struct DataOptions {
  int64_t image_size = 64;
  std::string split = "train";
  bool average_repeats = false;
  std::vector<std::string> regions;  ///< ROIs whose sensors are used; empty: all
  std::vector<std::string> bins;     ///< as choose_bins reads them; empty: after stimulus onset
  bool normalise_per_block = false;
  double fraction = 1;     ///< of the training photographs that is learned from
  int64_t bottleneck = 0;  ///< units that all the decoder is given passes through; 0: none
  int64_t memory_limit_mb = 2048;
  PredictedOptions predicted;  ///< trials that an encoding model predicts

  Options options();
};

struct TrainOptions {
  std::filesystem::path out;
  bool resume = false;
  bool force = false;
};

struct ReconstructOptions {
  std::string split = "test";
  bool average_repeats = true;
  std::vector<std::string> controls = {"mean", "retrieval", "ridge", "shuffled"};
  int64_t batch = 32;
  std::vector<std::string> absent;  ///< arrays that give no response
  bool cache = true;                ///< keep fitted controls beside the model
  ProbeOptions probing;             ///< for the checks of an evaluation
  std::string encoder;              ///< folder of an encoding model, for the probe `predicted`

  Options options();
};

/// A trained decoder with all that belongs to it, as a folder:
///   model.json            what it is: decoder, sensors, the bins it reads, image size, provenance
///   config.toml           every option as it was used
///   weights.safetensors   what was learned
///   normalisation.safetensors
///   log.jsonl             losses (decoders trained by steps)
/// While it is being trained it lives in "NAME.training" beside its place; controls that were
/// fitted for its reconstructions are kept in "NAME.controls" (ControlCache).
class Model {
 public:
  /// Trains what the configuration names on the recording's training split. Errors: unknown decoder
  /// or key, output there already, a recording that lacks what the decoder needs.
  static Model train(const Config& config, const Recording& recording, const RunContext& run,
                     const TrainOptions& options, const nlohmann::json& provenance);

  /// What the configuration names, built for this recording's sensors and bins; it has learned
  /// nothing yet. Errors: as for `train`.
  static Model untrained(const Config& config, const Recording& recording, const RunContext& run);
  /// The same for responses of these sensors and bins, wherever they come from.
  static Model untrained(const Config& config, const Sensors& sensors, const std::vector<Bin>& bins,
                         const RunContext& run);
  /// Estimates the normalisation on these trials of the recording it was built for, and fits the
  /// decoder to them.
  void fit(const Recording& recording, const std::vector<int64_t>& trials,
           const FitContext& context);
  /// The same from arrays in memory, which are read batch by batch. Errors: options that want a
  /// recording in a file (data.predicted, data.average_repeats, data.fraction).
  void fit(const TrialArrays& arrays, const std::vector<int64_t>& trials,
           const FitContext& context);
  /// Writes everything but the log into a folder that is there.
  void save(const std::filesystem::path& folder, const nlohmann::json& provenance);
  /// Of options, run and inputs: what results must share to be continued or used again.
  std::string fingerprint(const RunContext& run, const nlohmann::json& provenance);
  /// The same without the run, and so without the seed.
  std::string configuration(const nlohmann::json& provenance);
  /// Writes into a reconstruction how this model was trained.
  void describe_training(Reconstruction& result);
  /// Every option as it is used.
  nlohmann::json settings();

  /// Names of the options that a configuration's decoder has, whatever else it says. Errors:
  /// unknown decoder or part.
  static std::vector<std::string> option_names(const Config& config);
  /// Every option that a configuration's decoder has, as it would be used: key, value, the
  /// program's own default where it differs, range and help. Errors: unknown decoder, part or key.
  static std::vector<std::string> describe_options(const Config& config);
  /// Every option as a training would use it, by dotted name. Errors: as for `check`.
  static nlohmann::json settings_of(const Config& config);
  /// Refuses what `train` would refuse without looking at a recording.
  static void check(const Config& config);
  /// Refuses a place for the model: one is there already, an unfinished one is there, or none to
  /// resume.
  static void check_place(const TrainOptions& options);

  /// Errors: no model, of a newer version, or weights that do not fit.
  static Model load(const std::filesystem::path& folder, const RunContext& run);

  /// Images of one split, and the controls, which go without the same arrays. Test images are not
  /// read. Errors: the
  /// recording's sensors are not those the model was trained on (compared by name), it lacks one of
  /// the bins the model reads (by times), or arrays cannot be left out (AbsentArrays).
  Reconstruction reconstruct(const Recording& recording, const ReconstructOptions& options,
                             const RunContext& run);

  /// Adds to a reconstruction of these trials what the checks of an evaluation need of the decoder
  /// (probes.h). `given`: what it is given of standardised responses. `encoder`: folder of an
  /// encoding model that predicts responses where nobody knows those without noise, "" = none.
  /// Errors: an encoder that does not fit (Encoder::check_fits) or lacks the model's bins.
  void probe(Reconstruction& result, const Recording& recording, const std::vector<int64_t>& trials,
             bool average, const std::function<at::Tensor(const at::Tensor&)>& given,
             const ProbeOptions& options, int64_t batch, const RunContext& run,
             const std::string& encoder = {});

  /// The trials of a split as this model takes them: of the one it was trained on its share
  /// (data.fraction), or those of its fold.
  std::vector<int64_t> trials(const Recording& recording, const std::string& split) const;
  /// One split of a recording as this model reads it: its normalisation and image size. The model
  /// and the recording must outlive it. Errors: as for `reconstruct`.
  Samples samples(const Recording& recording, const std::string& split, bool average) const;
  /// The same of these trials.
  Samples samples(const Recording& recording, const std::vector<int64_t>& trials,
                  bool average) const;
  /// Raw responses of the sensors and bins of `input()`, (n, sensor, bin) float32, as the decoder
  /// wants them: standardised by the statistics of their blocks, or over all where none are given.
  /// Errors, at "responses": another shape or type; NaN or infinite.
  at::Tensor standardise(const at::Tensor& responses, std::vector<int64_t> blocks = {}) const;
  Decoder& decoder() { return *decoder_; }
  const DecoderInput& input() const { return input_; }
  const Normalisation& normalisation() const { return normalisation_; }
  const std::string& train_split() const { return data_.split; }
  bool averages_in_training() const { return data_.average_repeats; }
  /// ROIs whose sensors it reads; empty: all.
  const std::vector<std::string>& regions() const { return data_.regions; }

  const std::string& name() const { return name_; }
  const std::string& decoder_name() const { return decoder_name_; }
  const nlohmann::json& card() const { return card_; }

 private:
  Model() = default;
  Options options();
  void choose_decoder(const Config& config);
  void configure(const Config& config);
  void build(const DecoderInput& input, const RunContext& run);
  /// Sensors outside `data.regions` are zero from now on.
  void silence_unseen();
  Samples samples(const Recording& recording, const std::vector<int64_t>& trials, bool average,
                  int64_t memory_limit) const;
  bool of_a_fold() const;
  /// Fits the decoder to these samples and the predicted ones that the options ask for; gives back
  /// the network that predicted them.
  TrainedAgainst fit_with_predicted(const Samples& train, const std::vector<int64_t>& trials,
                                    const FitContext& context);
  void say_seen(const Recording& recording, const std::vector<int64_t>& stimuli,
                const RunContext& run) const;

  std::filesystem::path folder_;
  std::string name_, decoder_name_;
  DataOptions data_;
  uint64_t share_seed_ = 0;  // with which data.fraction was drawn
  DecoderInput input_;
  Normalisation normalisation_;
  std::unique_ptr<Decoder> decoder_;
  nlohmann::json card_;
};

/// Errors, naming the first that differ: a recording with other sensors than these, or with the
/// same in another order.
void check_same_sensors(const Sensors& expected, const Recording& recording);

/// The configuration a name or a path stands for: a TOML file, or "brain2pix" for
/// configs/brain2pix.toml of those that come with Afterimage. `folder` is where those are looked
/// for.
std::filesystem::path find_config(const std::string& name_or_path,
                                  const std::string& folder = "configs");

/// Names of those of one kind of decoder that come with Afterimage.
std::vector<std::string> configs_of(const std::string& decoder);

/// Names of the configurations that come with Afterimage.
std::vector<std::string> shipped_configs(const std::string& folder = "configs");

}  // namespace afterimage
