#include "afterimage/decoders/model.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/absent_arrays.h"
#include "afterimage/decoders/controls.h"
#include "afterimage/decoders/model_card.h"
#include "afterimage/decoders/stages.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/share.h"
#include "afterimage/recordings/stimulus_hash.h"
#include "afterimage/training/trainer.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int model_version = 1;

fs::path beside(const fs::path& model, const char* ending) {
  if (model.empty()) return {};
  const fs::path path = model.lexically_normal();
  return fs::path(path.has_filename() ? path : path.parent_path()) += ending;
}

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

using Names = std::vector<std::string>;

/// Those of `names` that are not among `others`.
Names without(const Names& names, const Names& others) {
  const std::set<std::string> known(others.begin(), others.end());
  Names rest;
  for (const auto& name : names) {
    if (!known.contains(name)) rest.push_back(name);
  }
  return rest;
}

/// "3 (e1, e2, ...)".
std::string first_of(const Names& names) {
  constexpr size_t most = 3;
  const Names some(names.begin(),
                   names.begin() + std::min(std::ssize(names), std::ptrdiff_t{most}));
  return concat(names.size(), " (", join(some), names.size() > most ? ", ...)" : ")");
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

/// Steps or epochs say how long a training is: those on the command line win.
Config with_one_length(Config config) {
  config.exclude("training.steps", "training.epochs");
  return config;
}

}  // namespace

void check_same_sensors(const Sensors& expected, const Recording& recording) {
  const Names &model = expected.name, &names = recording.info().sensors.name;
  if (model == names) return;
  const std::string where = recording.path().string();
  const std::string right = "Use the recording the model was trained on, or one of its sensors";
  const Names missing = without(model, names), more = without(names, model);
  if (!missing.empty() || !more.empty()) {
    std::string what;
    if (!missing.empty()) {
      what = concat("lacks ", first_of(missing), " of the model's ", model.size(), " sensors");
    }
    if (!more.empty()) {
      what +=
          concat(what.empty() ? "has " : " and has ", first_of(more), " that the model has not");
    }
    throw Error(where, what, right);
  }
  const auto [ours, theirs] = std::mismatch(model.begin(), model.end(), names.begin());
  throw Error(where,
              concat("has the model's sensors in another order: sensor ", ours - model.begin(),
                     " is '", *theirs, "', the model's '", *ours, "'"),
              right);
}

Fields DataOptions::fields() {
  return prefixed(
      "data",
      {Field("image_size", image_size, "side of the images to reconstruct")
           .range(8, 1024)
           .unit("pixels"),
       Field("split", split, "trials to train on"),
       Field("regions", regions, "ROIs the decoder sees, none named: all (the others are zero)"),
       Field("bins", bins,
             "time bins the decoder sees: by number (2), by ms from onset (0-80), or all; none "
             "named: those after stimulus onset"),
       Field("average_repeats", average_repeats, "average trials of one stimulus in training"),
       Field("normalise_per_block", normalise_per_block,
             "z-scores per run or day, from its training trials, in place of the whole recording"),
       Field("fraction", fraction,
             "share of the training photographs to learn from, drawn by the run's seed")
           .range(1e-6, 1),
       Field("memory_limit_mb", memory_limit_mb, "above it, data are read batch by batch")
           .range(0)
           .unit("MiB")});
}

Fields ReconstructOptions::fields() {
  return {
      Field("split", split, "trials to reconstruct: test, train or another split's name"),
      Field("average_repeats", average_repeats, "average the trials of one stimulus"),
      Field("controls", controls, "what to set beside the decoder, or none")
          .one_of({"mean", "retrieval", "ridge", "shuffled", "none"}),
      Field("batch", batch, "samples at a time").range(1),
      Field("absent", absent,
            "arrays to go without, by name (\"V1 array 3\"), for the controls too; needs a decoder "
            "with projection attention"),
      Field("cache", cache,
            "keep fitted controls in MODEL.controls and use them again; data, options, seed and "
            "version are compared by content"),
  };
}

Fields Model::fields() { return data_.fields() + decoder_->fields(); }

std::vector<std::string> Model::option_names(const Config& config) {
  Model model;
  model.choose_decoder(config);
  std::vector<std::string> names;
  for (const auto& field : model.fields()) names.push_back(field.name);
  return names;
}

std::vector<std::string> Model::describe_options(const Config& config) {
  Model plain, model;
  plain.choose_decoder(config);
  model.configure(with_one_length(config));
  std::vector<std::string> lines;
  const auto defaults = plain.fields();
  const auto fields = model.fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    lines.push_back(
        concat(fields[i].name, " = ", value_text(fields[i]), "\n    ", help_text(defaults[i])));
  }
  return lines;
}

void Model::check(const Config& config) {
  Model model;
  model.configure(with_one_length(config));
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

void Model::choose_decoder(const Config& config) {
  decoder_name_ = config.text("decoder");
  if (decoder_name_.empty()) {
    throw Error(config.source(), "names no decoder",
                "Add a line such as decoder = \"image-to-image\"");
  }
  decoder_ = make_decoder(decoder_name_, config.source());
  name_ = config.text("name", decoder_name_);
  if (name_.empty()) {
    throw Error(config.source(), "the decoder's name is empty", "Give it one, or leave name out");
  }
  decoder_->choose_parts(config);
}

void Model::configure(const Config& config) {
  choose_decoder(config);
  config.apply(fields(), {"decoder", "name", "summary"});
}

void Model::build(const DecoderInput& input, const RunContext& run) {
  input_ = input;
  decoder_->build(input_, run);
}

Model Model::untrained(const Config& config, const Recording& recording, const RunContext& run) {
  Model model;
  model.configure(with_one_length(config));
  for (const auto& note : config.notes()) run.say(note);
  const RecordingInfo& info = recording.info();
  const auto bins = choose_bins(info.bins, model.data_.bins, "data.bins");
  info.sensors.in_rois(model.data_.regions, "data.regions");  // refuses what is not there
  model.build({info.sensors, select_bins(info.bins, bins), model.data_.image_size}, run);
  model.share_seed_ = run.seed();
  say_left_out(info.bins, model.data_, run);
  say_resized(info, model.data_.image_size, run);
  return model;
}

void Model::fit(const Recording& recording, const std::vector<int64_t>& trials,
                const FitContext& context) {
  const auto& info = recording.info();
  const auto bins = find_bins(info.bins, input_.bins, recording.path().string());
  normalisation_ = Normalisation::fit(recording, trials, data_.normalise_per_block, bins);
  if (!data_.regions.empty()) {
    normalisation_.silence(info.sensors.in_rois(data_.regions, "data.regions").logical_not());
  }
  const Samples train = samples(recording, trials, data_.average_repeats);
  decoder_->fit(train, context);
  card_["samples"] = train.count();
  card_["pretrained"] = json::array();
  for (const auto& [network, file, hash] : decoder_->pretrained()) {
    card_["pretrained"].push_back({{"network", network}, {"file", file}, {"sha256", hash}});
  }
}

json Model::options() { return to_json(fields()); }

std::string Model::fingerprint(const RunContext& run, const json& provenance) {
  json inputs = json::array();
  const json made = provenance.is_object() ? provenance : json::object();
  for (const auto& input : made.value("inputs", json::array())) {
    inputs.push_back(input.value("sha256", input.value("sampled_sha256", "")));
  }
  auto how = run.to_json();
  how.erase("threads");  // results do not follow from them
  return sha256(concat(options().dump(), how.dump(), inputs.dump()));
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
             to_toml(Fields{Field("decoder", decoder_name_, "kind of decoder"),
                            Field("name", name_, "in reports")} +
                         fields(),
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
  const std::string weights = (folder / "weights.safetensors").string();
  model.decoder_->load(map_safetensors(weights), weights);
  const std::string statistics = (folder / "normalisation.safetensors").string();
  model.normalisation_ = Normalisation::from_tensors(read_safetensors(statistics), statistics);
  return model;
}

bool Model::of_a_fold() const {
  if (!card_.is_object()) return false;  // it has not learned yet
  const auto made = card_.value("provenance", json());
  return made.is_object() && made.contains("cross_validation");
}

std::vector<int64_t> Model::trials(const Recording& recording, const std::string& split) const {
  if (split == data_.split && of_a_fold()) {
    auto trials =
        card_.at("provenance").at("cross_validation").at("trials").get<std::vector<int64_t>>();
    for (const auto trial : trials) {
      if (trial < recording.info().trials.count()) continue;
      throw Error(recording.path(),
                  concat("has no trial ", trial, ", which this fold learned from"),
                  "Use the recording that was cross-validated");
    }
    return trials;
  }
  const auto all = recording.info().trials_of(split, recording.path().string());
  if (split != data_.split) return all;
  return share_of_trials(recording.info(), all, data_.fraction, share_seed_);
}

Samples Model::samples(const Recording& recording, const std::string& split, bool average) const {
  return samples(recording, trials(recording, split), average);
}

Samples Model::samples(const Recording& recording, const std::vector<int64_t>& trials,
                       bool average) const {
  return samples(recording, trials, average, data_.memory_limit_mb << 20);
}

Samples Model::samples(const Recording& recording, const std::vector<int64_t>& trials, bool average,
                       int64_t memory_limit) const {
  check_same_sensors(input_.sensors, recording);
  Samples::Options options;
  options.average_repeats = average;
  options.bins = find_bins(recording.info().bins, input_.bins, recording.path().string());
  options.image_size = data_.image_size;
  options.memory_limit = memory_limit;
  options.trials = trials;
  return Samples(recording, normalisation_, options);
}

at::Tensor Model::standardise(const at::Tensor& responses, std::vector<int64_t> blocks) const {
  const int64_t sensors = input_.sensors.count(), bins = std::ssize(input_.bins);
  if (responses.dim() != 3 || responses.size(1) != sensors || responses.size(2) != bins ||
      responses.scalar_type() != at::kFloat) {
    throw Error("responses",
                concat("have the shape ", responses.sizes(), " (", responses.scalar_type(), ")"),
                concat("The model reads float32 of ", sensors, " sensors x ", bins, " bins"));
  }
  if (!at::isfinite(responses).all().item<bool>()) {
    throw Error("responses", "have NaN or infinite values", "Leave that sample out");
  }
  blocks.resize(static_cast<size_t>(responses.size(0)), Normalisation::no_block);
  return normalisation_.apply(responses, blocks);
}

void Model::say_seen(const Recording& recording, const std::vector<int64_t>& stimuli,
                     const RunContext& run) const {
  std::set<int64_t> learned;
  for (const auto trial : trials(recording, data_.split)) {
    learned.insert(recording.info().trials.stimulus.at(static_cast<size_t>(trial)));
  }
  const auto seen = std::count_if(stimuli.begin(), stimuli.end(),
                                  [&](int64_t stimulus) { return learned.contains(stimulus); });
  if (seen == 0) return;
  run.say(concat("this model is a fold of a cross-validation and has learned from ", seen, " of ",
                 stimuli.size(), " images: scores will be too good"));
}

Reconstruction Model::reconstruct(const Recording& recording, const ReconstructOptions& options,
                                  const RunContext& run) {
  const Samples test = samples(recording, trials(recording, options.split), options.average_repeats,
                               /*memory_limit=*/0);
  const AbsentArrays absent(*decoder_, options.absent);
  std::vector<std::string> controls = options.controls;
  std::erase(controls, "none");
  Reconstruction result;
  result.name = name_;
  result.decoder = decoder_name_;
  result.split = options.split;
  result.train_split = of_a_fold() ? "cross-validation" : data_.split;
  result.show(recording, test.stimulus(), run);
  if (of_a_fold()) say_seen(recording, test.stimulus(), run);
  result.trials_averaged = test.trials_averaged();
  const ToReconstruct wanted{
      {[&](const std::vector<int64_t>& rows) { return absent.without(test.responses(rows)); },
       2 * test.sensors() * test.bins() * 4},
      all_rows(test.count()),
      numbered_by_first(stimulus_identity(result))};
  result.images = reconstruct_in_batches(*decoder_, wanted, options.batch);
  if (!controls.empty()) {
    const Samples train = samples(recording, data_.split, data_.average_repeats);
    const ControlCache cache(options.cache ? beside(folder_, ".controls") : fs::path());
    result.controls =
        control_images(controls, *decoder_, decoder_name_, input_, train, wanted, cache, run);
  }
  return result;
}

fs::path find_config(const std::string& name_or_path, const std::string& folder) {
  if (fs::is_regular_file(name_or_path)) return name_or_path;
  const fs::path shipped = data_dir() / folder / (name_or_path + ".toml");
  if (fs::exists(shipped)) return shipped;
  std::vector<std::string> of_decoder;
  if (folder == "configs") of_decoder = configs_of(name_or_path);
  if (!of_decoder.empty()) {
    throw Error(name_or_path, "is a kind of decoder; its configurations have names of their own",
                concat("Name one of ", join(of_decoder)));
  }
  throw Error(name_or_path,
              "no such configuration file, and none of this name comes with Afterimage",
              suggestion(name_or_path, shipped_configs(folder)));
}

std::vector<std::string> configs_of(const std::string& decoder) {
  std::vector<std::string> names;
  for (const auto& name : shipped_configs()) {
    const auto path = data_dir() / "configs" / (name + ".toml");
    if (Config::read(path).text("decoder") == decoder) names.push_back(name);
  }
  return names;
}

std::vector<std::string> shipped_configs(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(data_dir() / folder)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace afterimage
