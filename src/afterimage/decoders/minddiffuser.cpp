#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/batches.h"
#include "afterimage/base/content_hash.h"
#include "afterimage/base/error.h"
#include "afterimage/base/system_report.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/minddiffuser_parts.h"
#include "afterimage/decoders/stages.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/decoders/training_stimuli.h"
#include "afterimage/networks/network_table.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using Part = diffusion::Part;

double bytes_of(const torch::nn::Module* module) {
  double bytes = 0;
  if (module == nullptr) return bytes;
  for (const auto& parameter : module->parameters()) {
    bytes += static_cast<double>(parameter.numel()) * static_cast<double>(parameter.element_size());
  }
  return bytes;
}

std::string gibibytes(double bytes) {
  return concat(number_text(std::ceil(bytes / (1 << 30) * 10) / 10), " GiB");
}

/// The targets of a training in its folder, made by one network.
TargetFile training_targets(const fs::path& path, const TargetNetwork& network,
                            const TrainingStimuli& training, const Captions& captions,
                            const std::vector<std::string>& known, const RunContext& run) {
  TargetJob job{network, training.stimuli, captions};
  for (const auto& file : known) job.known.emplace_back(file);
  if (fs::exists(path)) job.known.push_back(path);  // of a training that was stopped
  write_targets(path, /*force=*/true, job, nlohmann::json::object(), run);
  return TargetFile(path);
}

}  // namespace

MindDiffuser::MindDiffuser() = default;
MindDiffuser::~MindDiffuser() = default;

Options MindDiffuserOptions::options() {
  return Options{
             Option("output", output, "how far images are made: z decoded, diffused, or refined")
                 .one_of({"latent", "stage-1", "stage-2"}),
             Option("checkpoint", checkpoint,
                    "Stable Diffusion 1.x, file or folder; none: found where weights lie"),
             Option("small_decoder", small_decoder,
                    "TAESD's decoder in place of the autoencoder's; none: the autoencoder's"),
             Option("captions", captions,
                    "table (stimulus,caption), named after the photographs; none: the recording's"),
             Option("features", features,
                    "files of 'afterimage features' to look for the training's targets in"),
             Option("memory_gb", memory_gb, "memory it may need, 0 = what is free").range(0),
             Option("z.source", z_source, "where the latent comes from: noise to go without it")
                 .one_of({"predicted", "noise"}),
             Option(
                 "z.sampled", z_sampled,
                 "learn latents drawn from the encoder's distribution (MindDiffuser's code), not "
                 "their means"),
             Option("z.predictors", z_predictors, "fastl2lir: sensors each unit sees").range(1),
             Option("z.regions", z_regions, "ROIs that z is predicted from; none named: all"),
             Option("c.source", c_source,
                    "where the condition comes from: noise (MindDiffuser's study without c), or "
                    "none, the condition of no text, which takes no captions")
                 .one_of({"predicted", "noise", "none"}),
             Option("c.tokens", c_tokens, "length of a condition (MindDiffuser 15)").range(2, 77),
             Option("c.predictors", c_predictors, "fastl2lir: sensors each unit sees").range(1),
             Option("c.regions", c_regions, "ROIs that c is predicted from; none named: all"),
             Option("refine.network", network, "what judges the image in stage 2")
                 .one_of(feature_networks()),
             Option("refine.layers", layers, "its layers; none named: those a loss takes"),
             Option("refine.layer_weights", layer_weights, "of the layers in the loss").range(0),
             Option("refine.share", share,
                    "of a layer's units that is predicted, those predicted best on held-out "
                    "photographs")
                 .range(1e-4, 1),
             Option("refine.predictors", network_predictors, "fastl2lir: sensors each unit sees")
                 .range(1),
             Option("refine.regions", network_regions, "ROIs they are predicted from; none: all"),
             Option("refine.imagenet_statistics", imagenet_statistics,
                    "standardise images by ImageNet's statistics (MindDiffuser's code), not by the "
                    "network's own"),
             Option("generate.steps", steps, "steps of the whole diffusion").range(1, 1000)} +
         prefixed("regression", regression.options()) + prefixed("generate", generation.options()) +
         prefixed("refine", refinement.options());
}

std::vector<std::string> MindDiffuser::layers() const {
  return options_.layers.empty() ? network_entry(options_.network).loss_layers : options_.layers;
}

void MindDiffuser::check_memory() const {
  const auto& made = *networks_;
  const double weights = bytes_of(made.unet.get()) + bytes_of(made.autoencoder.get()) +
                         bytes_of(made.small_decoder.get()) + bytes_of(made.network.get());
  // At the decoder's end: twice its first level's channels at the image's size, a few at a time;
  // with gradients all that it computes (docs/minddiffuser.md).
  const double pixels = static_cast<double>(input_.image_size * input_.image_size);
  const double layer = 2 * static_cast<double>(made.autoencoder->sizes().channels[0]) * pixels *
                       static_cast<double>(at::elementSize(compute_type(run_)));
  const double needed = weights + (refines() ? 40 : 4) * layer;
  const double given = options_.memory_gb * (1 << 30);
  const double free = given > 0 ? given : available_memory();
  if (run_.device().is_cpu() && free > 0 && needed > free) {
    throw Error("memory",
                concat(options_.output, " at ", input_.image_size, " pixels takes about ",
                       gibibytes(needed), ", and ", gibibytes(free), " are free"),
                concat("Close other programs, or use --precision bf16, smaller images",
                       refines() ? " or output = \"stage-1\"" : ""));
  }
}

void MindDiffuser::build(const DecoderInput& input, const RunContext& run) {
  check_options(options_.options(), "minddiffuser");
  input_ = input;
  run_ = run;
  networks_ = std::make_unique<Networks>(checkpoint_at(options_.checkpoint, run));
  auto& made = *networks_;
  checkpoint_hash_ = content_hash(made.checkpoint.path()).text();
  made.autoencoder = made.checkpoint.autoencoder();
  made.autoencoder->to(run.device());
  int64_t multiple = made.autoencoder->sizes().reduction();
  if (!options_.small_decoder.empty()) {
    made.small_decoder = diffusion::Checkpoint(options_.small_decoder).small_decoder();
    made.small_decoder->to(run.device());
  }
  if (diffuses()) {
    made.unet = made.checkpoint.unet();
    made.unet->to(run.device());
    multiple *= made.unet->sizes().multiple();
    auto scheduler = made.checkpoint.scheduler();
    scheduler.steps = options_.steps;
    scheduler.eta = 0;
    made.ddim.emplace(scheduler);
    const auto& way = options_.generation;
    if (std::max(way.denoised_steps, way.noised_to + 1) > options_.steps) {
      throw Error("generate.steps", concat("is ", options_.steps, ", fewer than are used"),
                  "Lower generate.denoised_steps and generate.noised_to");
    }
  }
  if (input.image_size % multiple != 0) {
    throw Error("data.image_size",
                concat("is ", input.image_size,
                       ", and the checkpoint's latents "
                       "are of multiples of ",
                       multiple, " pixels"),
                concat("Give a multiple of ", multiple, "; Stable Diffusion was trained at 512"));
  }
  if (refines()) {
    made.network =
        target_feature_network(options_.network, layers(), options_.imagenet_statistics, run);
    if (options_.layer_weights.size() < layers().size()) {
      throw Error("refine.layer_weights",
                  concat("has ", options_.layer_weights.size(), " numbers for ", layers().size(),
                         " layers"),
                  "Give one for each");
    }
  }
  check_memory();
  for (const auto& name : target_names()) regression(choice_of(name));  // ROIs that are there
}

std::vector<std::string> MindDiffuser::target_names() const {
  std::vector<std::string> names;
  if (predicts_z()) names.emplace_back("z");
  if (predicts_c()) names.emplace_back("c");
  if (!refines()) return names;
  for (size_t i = 0; i < layers().size(); ++i) names.push_back(concat("network.", i));
  if (options_.refinement.lambda > 0) names.emplace_back("network.final");
  return names;
}

std::vector<Readout> MindDiffuser::readouts() const {
  std::vector<Readout> all;
  for (const auto& name : target_names()) {
    std::string shown = name;
    if (name == "network.final") {
      shown = options_.network + " embedding";
    } else if (name != "z" && name != "c") {
      const size_t layer = all.size() - (predicts_z() ? 1 : 0) - (predicts_c() ? 1 : 0);
      shown = options_.network + " " + layers().at(layer);
    }
    all.push_back(regressions_.at(name).readout(shown));
  }
  return all;
}

TargetRegression::Choice MindDiffuser::choice_of(const std::string& name) const {
  if (name == "z") return {options_.z_regions, options_.z_predictors, 1};
  if (name == "c") return {options_.c_regions, options_.c_predictors, 1};
  const bool whole = name == "network.final";
  return {options_.network_regions, options_.network_predictors, whole ? 1 : options_.share};
}

TargetRegression MindDiffuser::regression(const TargetRegression::Choice& choice) const {
  return TargetRegression(options_.regression, choice, input_.sensors, std::ssize(input_.bins),
                          "regions");
}

void MindDiffuser::fit_target(const std::string& name, const SampleSource& train,
                              const std::function<TrainingTargets()>& targets,
                              const FitContext& context) {
  auto& fitted = regressions_.insert_or_assign(name, regression(choice_of(name))).first->second;
  context.run.say(concat("predicting ", name));
  Stages(context).run(
      name, {[&](const FitContext& own) { fitted.fit(train, targets(), own.run); },
             [&] { return fitted.state(); },
             [&](const TensorMap& state, const std::string& where) { fitted.load(state, where); }});
}

void MindDiffuser::fit(const SampleSource& train, const FitContext& context) {
  const Captions captions =
      options_.captions.empty() ? train.captions() : Captions(options_.captions);
  if (predicts_c() && captions.empty()) {
    throw Error("captions", concat("c is learned from captions, and ", train.where(), " has none"),
                "Name a table (stimulus,caption), or set c.source=none");
  }
  const auto& run = context.run;
  if (diffuses()) {
    unconditional_ =
        TextConditions(networks_->checkpoint, options_.c_tokens, run).of({""}).to(at::kFloat);
  }
  std::optional<TemporaryFolder> passing;
  if (context.folder.empty()) passing.emplace();
  const fs::path folder = passing ? passing->path() : context.folder / "stages" / "targets";
  fs::create_directories(folder);
  const TrainingStimuli training(train);
  const auto made_by = [&](const std::string& name, const TargetNetwork& network) {
    return training_targets(folder / (name + ".h5"), network, training, captions, options_.features,
                            run);
  };
  // Targets are made when a stage is fitted: one that is done needs none.
  std::map<std::string, TargetFile> files;
  for (const std::string layer : {"z", "c"}) {
    if (!(layer == "z" ? predicts_z() : predicts_c())) continue;
    FitContext own = context;  // what is learned of captions follows from them
    if (layer == "c") own.settings += captions.fingerprint();
    fit_target(
        layer, train,
        [&] {
          const auto network = diffusion_targets(
              networks_->checkpoint, {{layer}, options_.z_sampled, options_.c_tokens}, run);
          const auto& file = files.emplace(layer, made_by(layer, *network)).first->second;
          return TrainingTargets{file, layer, training.row};
        },
        own);
  }
  if (!refines()) return;
  auto paths = layers();
  if (options_.refinement.lambda > 0) paths.emplace_back("embedding");
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto name = i < layers().size() ? concat("network.", i) : std::string("network.final");
    fit_target(
        name, train,
        [&] {
          auto file = files.find("network");
          if (file == files.end()) {
            const auto network =
                layers_as_targets(options_.network, paths, options_.imagenet_statistics, run);
            file = files.emplace("network", made_by("network", *network)).first;
          }
          return TrainingTargets{file->second, paths[i], training.row};
        },
        context);
  }
}

std::vector<PretrainedWeights> MindDiffuser::pretrained() const {
  std::vector<PretrainedWeights> used = {
      {"stable-diffusion", networks_->checkpoint.path().filename().string(), checkpoint_hash_}};
  if (refines()) used.push_back(pretrained_weights(options_.network, run_.weights()));
  return used;
}

TensorMap MindDiffuser::state() const {
  TensorMap state;
  for (const auto& [name, regression] : regressions_) {
    add_under(state, name + ".", regression.state());
  }
  if (unconditional_.defined()) state["unconditional"] = unconditional_.cpu();
  const std::vector<uint8_t> text(checkpoint_hash_.begin(), checkpoint_hash_.end());
  state["checkpoint"] = at::tensor(text, at::kByte);
  return state;
}

void MindDiffuser::load(const TensorMap& state, const std::string& where) {
  const auto bytes = state_tensor(state, "checkpoint", {-1}, where).to(at::kByte).contiguous();
  const std::string hash(reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>()),
                         static_cast<size_t>(bytes.numel()));
  if (hash != checkpoint_hash_) {
    throw Error(networks_->checkpoint.path(), "is not the checkpoint the model was trained with",
                "Put the former one in its place, or train anew");
  }
  if (diffuses()) {
    unconditional_ = state_tensor(state, "unconditional", {1, options_.c_tokens, -1}, where);
  }
  for (const auto& name : target_names()) {
    auto fitted = regression(choice_of(name));
    fitted.load(state_under(state, name + "."), where);
    regressions_.insert_or_assign(name, std::move(fitted));
  }
}

}  // namespace afterimage
