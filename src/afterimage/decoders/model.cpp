#include "afterimage/decoders/model.h"

#include <algorithm>
#include <set>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/absent_arrays.h"
#include "afterimage/decoders/controls.h"
#include "afterimage/decoders/model_card.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int model_version = 1;

fs::path working_folder(const fs::path& out) {
  const fs::path path = out.lexically_normal();
  return fs::path(path.has_filename() ? path : path.parent_path()) += ".training";
}

/// The folder a model is trained in: new, or the unfinished one to go on with.
fs::path open_working_folder(const TrainOptions& options) {
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
  if (unfinished && !options.resume) fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

/// What a continued training must share with the one that wrote the checkpoint.
std::string fingerprint(const Fields& fields, const RunContext& run, const json& provenance) {
  json inputs = json::array();
  for (const auto& input : provenance.value("inputs", json::array())) {
    inputs.push_back(input.value("sha256", input.value("sampled_sha256", "")));
  }
  return sha256(concat(to_json(fields).dump(), run.to_json().dump(), inputs.dump()));
}

void check_same(const std::vector<std::string>& model, const std::vector<std::string>& recording,
                const std::string& where) {
  if (model == recording) return;
  std::set<std::string> missing(model.begin(), model.end());
  for (const auto& name : recording) missing.erase(name);
  if (!missing.empty()) {
    throw Error(where,
                concat("lacks ", missing.size(), " of the model's ", model.size(),
                       " sensors, the first being '", *missing.begin(), "'"),
                "Use the recording the model was trained on, or one of the same sensors");
  }
  throw Error(where,
              concat("has ", recording.size(), " sensors, the model ", model.size(),
                     ", or they stand in another order"),
              "Give it exactly the model's sensors, in its order");
}

}  // namespace

Fields DataOptions::fields() {
  return prefixed(
      "data",
      {Field("image_size", image_size, "side of the images to reconstruct")
           .range(8, 1024)
           .unit("pixels"),
       Field("split", split, "trials to train on"),
       Field("regions", regions, "ROIs the decoder sees, none named: all (the others are zero)"),
       Field("average_repeats", average_repeats, "average trials of one stimulus in training"),
       Field("normalise_per_block", normalise_per_block,
             "z-scores per run or day, from its training trials, in place of the whole recording"),
       Field("memory_limit_mb", memory_limit_mb, "above it, data are read batch by batch")
           .range(0)
           .unit("MiB")});
}

Samples::Options DataOptions::samples(const std::string& which_split, bool average) const {
  return {which_split, average, image_size, memory_limit_mb << 20};
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
  };
}

namespace {

/// Rows of the sensors that lie in none of the regions. Errors: a region without sensors.
std::vector<int64_t> sensors_outside(const Sensors& sensors,
                                     const std::vector<std::string>& regions) {
  const auto known = sensors.rois();
  for (const auto& region : regions) {
    if (std::find(known.begin(), known.end(), region) == known.end()) {
      throw Error("data.regions", "there is no ROI '" + region + "'", suggestion(region, known));
    }
  }
  std::vector<int64_t> outside;
  for (int64_t s = 0; s < sensors.count(); ++s) {
    const auto& roi = sensors.roi[static_cast<size_t>(s)];
    if (std::find(regions.begin(), regions.end(), roi) == regions.end()) outside.push_back(s);
  }
  return outside;
}

}  // namespace

Fields Model::fields() { return data_.fields() + decoder_->fields(); }

void Model::configure(const Config& config) {
  decoder_name_ = config.text("decoder");
  if (decoder_name_.empty()) {
    throw Error(config.source(), "names no decoder",
                "Add a line such as decoder = \"image-to-image\"");
  }
  decoder_ = make_decoder(decoder_name_, config.source());
  name_ = config.text("name", decoder_name_);
  decoder_->choose_parts(config);
  config.apply(fields(), {"decoder", "name", "summary"});
}

void Model::build(const DecoderInput& input, const RunContext& run) {
  input_ = input;
  decoder_->build(input_, run);
}

Model Model::train(const Config& config, const Recording& recording, const RunContext& run,
                   const TrainOptions& options, const json& provenance) {
  Model model;
  model.configure(config);
  model.build({recording.info().sensors, recording.info().bins, model.data_.image_size}, run);
  const auto trials = recording.info().trials_of(model.data_.split, recording.path().string());

  const fs::path folder = open_working_folder(options);
  write_text(folder / "config.toml",
             to_toml(Fields{Field("decoder", model.decoder_name_, "kind of decoder"),
                            Field("name", model.name_, "in reports")} +
                         model.fields(),
                     ""),
             /*force=*/true);
  model.normalisation_ = Normalisation::fit(recording, trials, model.data_.normalise_per_block);
  if (!model.data_.regions.empty()) {
    model.normalisation_.silence(sensors_outside(recording.info().sensors, model.data_.regions));
  }
  const Samples samples(recording, model.normalisation_,
                        model.data_.samples(model.data_.split, model.data_.average_repeats));
  model.decoder_->fit(samples,
                      {run, folder, options.resume, fingerprint(model.fields(), run, provenance)});
  model.card_ = {{"format", "afterimage-model"}, {"version", model_version},
                 {"name", model.name_},          {"decoder", model.decoder_name_},
                 {"samples", samples.count()},   {"input", afterimage::to_json(model.input_)},
                 {"provenance", provenance}};
  model.save(folder);
  replace(folder, options.out);
  fs::remove(options.out / "checkpoint.safetensors");  // only an unfinished training needs it
  return model;
}

void Model::save(const fs::path& folder) const {
  write_safetensors(folder / "weights.safetensors", decoder_->state());
  write_safetensors(folder / "normalisation.safetensors", normalisation_.to_tensors());
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
  model.card_ = json::parse(read_text(where), nullptr, /*allow_exceptions=*/false);
  if (!model.card_.is_object() || model.card_.value("format", "") != "afterimage-model") {
    throw Error(where, "is not the card of a model");
  }
  if (model.card_.value("version", 0) > model_version) {
    throw Error(where, "was written by a newer version of Afterimage", "Update Afterimage");
  }
  model.configure(Config::read(folder / "config.toml"));
  model.build(decoder_input_from_json(model.card_.value("input", json::object()), where), run);
  const std::string weights = (folder / "weights.safetensors").string();
  model.decoder_->load(read_safetensors(weights), weights);
  const std::string statistics = (folder / "normalisation.safetensors").string();
  model.normalisation_ = Normalisation::from_tensors(read_safetensors(statistics), statistics);
  return model;
}

void Model::check_fits(const Recording& recording) const {
  const std::string where = recording.path().string();
  check_same(input_.sensors.name, recording.info().sensors.name, where);
  if (static_cast<int64_t>(input_.bins.size()) != recording.bins()) {
    throw Error(where, concat("has ", recording.bins(), " bins, the model ", input_.bins.size()),
                "Bin the recording as the one the model was trained on");
  }
}

Samples Model::samples(const Recording& recording, const std::string& split, bool average) const {
  check_fits(recording);
  return Samples(recording, normalisation_, data_.samples(split, average));
}

Reconstruction Model::reconstruct(const Recording& recording, const ReconstructOptions& options,
                                  const RunContext& run) {
  const Samples test = samples(recording, options.split, options.average_repeats);
  std::vector<int64_t> all(static_cast<size_t>(test.count()));
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  const AbsentArrays absent(*decoder_, options.absent);
  const at::Tensor responses = absent.without(test.responses(all));

  std::vector<std::string> controls = options.controls;
  std::erase(controls, "none");
  Reconstruction result;
  result.name = name_;
  result.decoder = decoder_name_;
  result.split = options.split;
  result.stimulus = test.stimulus();
  result.trials_averaged = test.trials_averaged();
  result.images = reconstruct_in_batches(*decoder_, responses, options.batch);
  if (!controls.empty()) {
    const Samples train(recording, normalisation_,
                        data_.samples(data_.split, data_.average_repeats));
    result.controls =
        control_images(controls, *decoder_, decoder_name_, input_, train, responses, run);
  }
  return result;
}

fs::path find_config(const std::string& name_or_path, const std::string& folder) {
  if (fs::is_regular_file(name_or_path)) return name_or_path;
  const fs::path shipped = data_dir() / folder / (name_or_path + ".toml");
  if (fs::exists(shipped)) return shipped;
  throw Error(name_or_path,
              "no such configuration file, and none of this name comes with Afterimage",
              suggestion(name_or_path, shipped_configs(folder)));
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
