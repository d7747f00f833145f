#include "afterimage/decoders/model.h"

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/absent_arrays.h"
#include "afterimage/decoders/bottleneck.h"
#include "afterimage/decoders/kept_images.h"
#include "afterimage/decoders/model_card.h"
#include "afterimage/decoders/model_parts.h"
#include "afterimage/decoders/stages.h"
#include "afterimage/encoding/predicted_training.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/training/trainer.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int model_version = 1;

fs::path working_folder(const fs::path& out) { return beside(out, ".training"); }

/// Whether a training in the making has something to go on from.
bool worth_keeping(const fs::path& folder) {
  return fs::exists(folder / checkpoint_name) || Stages::any_done(folder);
}

struct WorkingFolder {
  fs::path path;
  bool resumes = false;  ///< there is something to go on from
};

/// The folder a model is trained in: new, or the unfinished one to go on with.
WorkingFolder open_working_folder(const TrainOptions& options, const RunContext& run) {
  const fs::path folder = working_folder(options.out);
  const bool resumes = options.resume && worth_keeping(folder);
  if (options.resume && !resumes) {
    run.say(concat(folder.string(), " holds nothing to go on from: training begins anew"));
  }
  if (!resumes) fs::remove_all(folder);
  make_folder(folder);
  return {folder, resumes};
}

/// Says which bins a decoder is not shown, when it was left to the default.
void say_left_out(const std::vector<Bin>& bins, const DataOptions& data, const RunContext& run) {
  const auto before = bins_before_onset(bins);
  if (!data.bins.empty() || before.empty()) return;
  run.say(concat(before.size(), " of ", bins.size(),
                 " bins end before stimulus onset and are left out (",
                 bins_text(select_bins(bins, before)), "); data.bins chooses others"));
}

/// Says once that the images are not reconstructed at the size they were shown.
void say_resized(const RecordingInfo& info, int64_t size, const RunContext& run) {
  if (info.height == size && info.width == size) return;
  run.say(concat("stimuli of ", info.width, " x ", info.height, " pixels are ",
                 std::max(info.height, info.width) > size ? "reduced" : "enlarged", " to ", size,
                 " x ", size, " (data.image_size)"));
}

/// SHA-256 of everything a result was made of.
json hashes_of_inputs(const json& provenance) {
  json inputs = json::array();
  const json made = provenance.is_object() ? provenance : json::object();
  for (const auto& input : made.value("inputs", json::array())) {
    inputs.push_back(input.value("sha256", input.value("sampled_sha256", "")));
  }
  return inputs;
}

}  // namespace

fs::path beside(const fs::path& model, const char* ending) {
  if (model.empty()) return {};
  const fs::path path = model.lexically_normal();
  return fs::path(path.has_filename() ? path : path.parent_path()) += ending;
}

void Model::check_place(const TrainOptions& options) {
  check_output(options.out, options.force);
  const fs::path folder = working_folder(options.out);
  const bool unfinished = fs::exists(folder);
  if (options.resume && !unfinished) {
    throw Error(folder, "no unfinished training is there to resume", "Train without --resume");
  }
  if (unfinished && !options.resume && !options.force) {
    throw Error(folder, "an unfinished training is there",
                "Add --resume to go on with it or --force to begin anew");
  }
}

void Model::build(const DecoderInput& input, const RunContext& run) {
  input_ = input;
  if (data_.bottleneck > 0) {
    decoder_ = std::make_unique<BottleneckDecoder>(std::move(decoder_), data_.bottleneck);
  }
  decoder_->build(input_, run);
}

Model Model::untrained(const Config& config, const Recording& recording, const RunContext& run) {
  const RecordingInfo& info = recording.info();
  Model model = untrained(config, info.sensors, info.bins, run);
  say_resized(info, model.data_.image_size, run);
  return model;
}

Model Model::untrained(const Config& config, const Sensors& sensors, const std::vector<Bin>& bins,
                       const RunContext& run) {
  Model model;
  model.configure(with_one_length(config));
  for (const auto& note : config.notes()) run.say(note);
  const auto chosen = choose_bins(bins, model.data_.bins, "data.bins");
  const auto seen = sensors.in_rois(model.data_.regions, "data.regions");
  model.build({sensors, select_bins(bins, chosen), model.data_.image_size}, run);
  if (!model.data_.regions.empty()) {
    model.card_["arrays_left_out"] = leave_out_unseen(*model.decoder_, seen);
  }
  model.share_seed_ = run.seed();
  say_left_out(bins, model.data_, run);
  return model;
}

void Model::silence_unseen() {
  if (data_.regions.empty()) return;
  const auto seen = input_.sensors.in_rois(data_.regions, "data.regions");
  normalisation_.silence(seen.logical_not());
}

void Model::fit(const Recording& recording, const std::vector<int64_t>& trials,
                const FitContext& context) {
  const auto& info = recording.info();
  const auto bins = find_bins(info.bins, input_.bins, recording.path().string());
  normalisation_ = Normalisation::fit(recording, trials, data_.normalise_per_block, bins);
  silence_unseen();
  const Samples train = samples(recording, trials, data_.average_repeats);
  card_["samples"] = train.count();
  TrainedAgainst networks = std::vector<Judge>();
  if (data_.predicted.trials > 0) {
    networks = fit_with_predicted(train, trials, context);
  } else {
    decoder_->fit(train, context);
  }
  card_["pretrained"] = trained_against_json(both(networks, judges(decoder_->pretrained())));
}

void Model::fit(const TrialArrays& arrays, const std::vector<int64_t>& trials,
                const FitContext& context) {
  for (const auto& [wanted, name] : {std::pair(data_.predicted.trials > 0, "data.predicted"),
                                     std::pair(data_.average_repeats, "data.average_repeats"),
                                     std::pair(data_.fraction < 1, "data.fraction")}) {
    if (wanted) throw Error(name, "needs a recording in a file", "Save the arrays as one");
  }
  const auto bins = find_bins(arrays.bins, input_.bins, "bins");
  const auto blocks =
      arrays.block.empty() ? std::vector<int64_t>(arrays.stimulus.size(), 0) : arrays.block;
  const auto read = [&](const std::vector<int64_t>& rows) {
    return arrays.read_responses(rows, bins);
  };
  const auto row_bytes = arrays.responses.size(1) * (arrays.responses.size(2) + std::ssize(bins));
  normalisation_ =
      Normalisation::fit({read, row_bytes * 8}, trials, blocks, data_.normalise_per_block);
  silence_unseen();
  const ArrayTrials train(arrays, trials, bins, normalisation_, data_.image_size);
  card_["samples"] = train.count();
  decoder_->fit(train, context);
  card_["pretrained"] = trained_against_json(judges(decoder_->pretrained()));
}

TrainedAgainst Model::fit_with_predicted(const Samples& train, const std::vector<int64_t>& trials,
                                         const FitContext& context) {
  const auto others = OtherStimuli::of(train.recording(), trials,
                                       /*look=*/!data_.predicted.images.empty(), context.run);
  const PredictedTraining more(train, input_.sensors, data_.predicted, others,
                               data_.memory_limit_mb << 20, context.run);
  card_["predicted"] = more.card();
  decoder_->fit(more.source(), context);
  const auto network = more.pretrained();
  return network ? judges({*network}) : std::vector<Judge>();
}

json Model::settings() { return to_json(options()); }

std::string Model::fingerprint(const RunContext& run, const json& provenance) {
  auto how = run.to_json();
  how.erase("threads");  // results do not follow from them
  return sha256(concat(settings().dump(), how.dump(), hashes_of_inputs(provenance).dump()));
}

std::string Model::configuration(const json& provenance) {
  return sha256(concat(decoder_name_, settings().dump(), hashes_of_inputs(provenance).dump()));
}

void Model::describe_training(Reconstruction& result) {
  const auto networks =
      trained_against_from(card_.value("pretrained", json()), (folder_ / "model.json").string());
  result.trained_against = both(networks, objective_judges(*decoder_));
  const json made = card_.value("provenance", json());
  if (!made.is_object() || !made.contains("inputs")) return;
  result.configuration = configuration(made);
  const json run = made.value("run", json::object());
  if (run.contains("seed") && run["seed"].is_number_integer()) {
    result.seed = run["seed"].get<int64_t>();
  }
}

Model Model::train(const Config& config, const Recording& recording, const RunContext& run,
                   const TrainOptions& options, const json& provenance) {
  check_place(options);
  Model model = untrained(config, recording, run);
  const auto trials = model.trials(recording, model.data_.split);
  const auto [folder, resumes] = open_working_folder(options, run);
  const Unfinished training(folder, [at = folder] { return worth_keeping(at); });
  model.fit(recording, trials, {run, folder, resumes, model.fingerprint(run, provenance)});
  model.save(folder, provenance);
  replace(folder, options.out);
  model.folder_ = options.out;
  fs::remove(options.out / checkpoint_name);  // only an unfinished training needs them
  Stages::remove(options.out);
  return model;
}

void Model::save(const fs::path& folder, const json& provenance) {
  card_["format"] = "afterimage-model";
  card_["version"] = model_version;
  card_["name"] = name_;
  card_["decoder"] = decoder_name_;
  card_["share_seed"] = share_seed_;
  card_["input"] = afterimage::to_json(input_);
  card_["provenance"] = provenance;
  write_text(folder / "config.toml",
             to_toml(Options{Option("decoder", decoder_name_, "kind of decoder"),
                             Option("name", name_, "in reports")} +
                         options(),
                     ""),
             /*force=*/true);
  // Beside their place: the decoder's own tensors may be mapped over the files that stand there.
  for (const auto& [name, tensors] :
       {std::pair{"weights.safetensors", decoder_->state()},
        std::pair{"normalisation.safetensors", normalisation_.to_tensors()}}) {
    Output file(folder / name, /*force=*/true);
    write_safetensors(file.path(), tensors);
    file.commit();
  }
  write_text(folder / "model.json", card_.dump(1), /*force=*/true);
}

Model Model::load(const fs::path& folder, const RunContext& run) {
  if (!fs::is_directory(folder)) {
    const bool unfinished = fs::exists(working_folder(folder));
    throw Error(
        folder, unfinished ? "its training has not finished" : "no such model",
        unfinished ? "Run train again with --resume" : "Name the folder 'train --out' made");
  }
  const std::string where = (folder / "model.json").string();
  if (!fs::exists(where)) throw Error(folder, "is no model: model.json is missing");
  Model model;
  model.folder_ = folder;
  model.card_ = read_json(where);
  try {
    if (model.card_.at("format") != "afterimage-model") {
      throw Error(where, "is not the card of a model");
    }
    if (model.card_.at("version").get<int>() > model_version) {
      throw Error(where, "was written by a newer version of Afterimage", "Update Afterimage");
    }
    model.share_seed_ = model.card_.value("share_seed", uint64_t{0});
  } catch (const json::exception&) {
    throw Error(where, "is not the card of a model", "The file was changed or is damaged");
  }
  model.configure(Config::read(folder / "config.toml"));
  model.build(decoder_input_from_json(model.card_.value("input", json::object()), where), run);
  leave_out(*model.decoder_, model.card_.value("arrays_left_out", std::vector<std::string>()),
            where);
  const std::string weights = (folder / "weights.safetensors").string();
  model.decoder_->load(map_safetensors(weights), weights);
  if (auto* keeper = model.decoder_->keeps_images()) {
    keeper->keep_images_in(beside(folder, ".images"));
  }
  const std::string statistics = (folder / "normalisation.safetensors").string();
  model.normalisation_ = Normalisation::from_tensors(read_safetensors(statistics), statistics);
  return model;
}

}  // namespace afterimage
