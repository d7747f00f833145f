#include "afterimage/decoders/model.h"

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/model_parts.h"

namespace afterimage {

/// Steps or epochs say how long a training is: those on the command line win.
Config with_one_length(Config config) {
  config.exclude("training.steps", "training.epochs");
  return config;
}

Options DataOptions::options() {
  return prefixed(
             "data",
             {Option("image_size", image_size, "side of the images to reconstruct")
                  .range(8, 1024)
                  .unit("pixels"),
              Option("split", split, "trials to train on"),
              Option("regions", regions,
                     "ROIs the decoder sees, none named: all (the others are zero)"),
              Option("bins", bins,
                     "time bins the decoder sees: by number (2), by ms from onset (0-80), or all; "
                     "none "
                     "named: those after stimulus onset"),
              Option("average_repeats", average_repeats,
                     "average trials of one stimulus in training"),
              Option("normalise_per_block", normalise_per_block,
                     "z-scores per run or day, from its training trials, in place of the whole "
                     "recording"),
              Option("fraction", fraction,
                     "share of the training photographs to learn from, drawn by the run's seed")
                  .range(1e-6, 1),
              Option("bottleneck", bottleneck,
                     "one linear layer of so many units between responses and decoder, 0: none; "
                     "how much "
                     "of the brain a score needs")
                  .range(0, 1e6),
              Option("memory_limit_mb", memory_limit_mb, "above it, data are read batch by batch")
                  .range(0)
                  .unit("MiB")}) +
         prefixed("data", predicted.options()) + prefixed("encoding", predicted.encoding.options());
}

Options ReconstructOptions::options() {
  return Options{
             Option("split", split, "trials to reconstruct: test, train or another split's name"),
             Option("average_repeats", average_repeats, "average the trials of one stimulus"),
             Option("controls", controls, "what to set beside the decoder, or none")
                 .one_of({"mean", "retrieval", "ridge", "shuffled", "none"}),
             Option("batch", batch, "samples at a time").range(1),
             Option("absent", absent,
                    "arrays to go without, by name (\"V1 array 3\"), for the controls too; needs a "
                    "decoder "
                    "with projection attention"),
             Option("encoder", encoder,
                    "an encoding model of this recording (folder of 'encode'), whose predictions "
                    "the recovery check gives the decoder"),
             Option("cache", cache,
                    "keep fitted controls in MODEL.controls and use them again; data, options, "
                    "seed and "
                    "version are compared by content"),
         } +
         probing.options();
}

Options Model::options() { return data_.options() + decoder_->options(); }

std::vector<std::string> Model::option_names(const Config& config) {
  Model model;
  model.choose_decoder(config);
  std::vector<std::string> names;
  for (const auto& option : model.options()) names.push_back(option.name);
  return names;
}

std::vector<std::string> Model::describe_options(const Config& config) {
  Model plain, model;
  plain.choose_decoder(config);
  model.configure(with_one_length(config));
  std::vector<std::string> lines;
  const auto defaults = plain.options();
  const auto options = model.options();
  for (size_t i = 0; i < options.size(); ++i) {
    lines.push_back(
        concat(options[i].name, " = ", value_text(options[i]), "\n    ", help_text(defaults[i])));
  }
  return lines;
}

nlohmann::json Model::settings_of(const Config& config) {
  Model model;
  model.configure(with_one_length(config));
  return model.settings();
}

void Model::check(const Config& config) { settings_of(config); }

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
  config.apply(options(), {"decoder", "name", "summary"});
}

}  // namespace afterimage
