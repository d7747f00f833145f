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

}  // namespace afterimage
