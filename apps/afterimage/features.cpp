#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/decoders/target_file.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

constexpr const char* stable_diffusion = "stable-diffusion";

struct Arguments {
  std::string input, out;
  std::string network = "clip-b32", checkpoint, captions, split;
  std::vector<std::string> layers, reuse;
  int64_t image_size = 0;
  bool imagenet_statistics = false, force = false;
  DiffusionTargetOptions diffusion;

  Options options() {
    auto networks = feature_networks();
    networks.emplace_back(stable_diffusion);
    return {
        Option("network", network, "whose features").one_of(networks),
        Option("layers", layers,
               "which layers; of stable-diffusion z and c; none named: those a loss takes, and z"),
        Option("image_size", image_size, "side the images are resized to, 0 = as they are shown")
            .range(0, 4096)
            .unit("pixels"),
        Option("split", split, "only the stimuli of this split's trials; none: all"),
        Option("checkpoint", checkpoint,
               "Stable Diffusion 1.x, file or folder; none: found where weights lie"),
        Option("captions", captions,
               "table (stimulus,caption) that c is made of; none: the recording's captions"),
        Option("sampled", diffusion.sampled, "z is drawn from the encoder's distribution"),
        Option("tokens", diffusion.tokens, "of a caption, beginning and end included").range(2, 77),
        Option("imagenet_statistics", imagenet_statistics,
               "standardise images by ImageNet's statistics (MindDiffuser's code), not the "
               "network's own"),
        Option("reuse", reuse, "files of features whose rows are copied where pixels are equal"),
    };
  }
};

std::unique_ptr<TargetNetwork> network_of(const Arguments& a, const RunContext& run) {
  if (a.network != stable_diffusion) {
    return layers_as_targets(a.network, a.layers, a.imagenet_statistics, run);
  }
  auto chosen = a.diffusion;
  if (!a.layers.empty()) chosen.layers = a.layers;
  return diffusion_targets(checkpoint_at(a.checkpoint, run), chosen, run);
}

/// The stimuli of a split, or all, as they are given to the network.
TargetStimuli stimuli_of(const Recording& recording, const Arguments& a) {
  const auto& info = recording.info();
  std::vector<int64_t> shown = all_rows(info.stimuli());
  if (!a.split.empty()) {
    std::set<int64_t> those;
    for (const auto trial : info.trials_of(a.split, recording.path().string())) {
      those.insert(info.trials.stimulus[static_cast<size_t>(trial)]);
    }
    shown.assign(those.begin(), those.end());
  }
  TargetStimuli stimuli;
  for (const auto row : shown) {
    stimuli.name.push_back(info.stimulus_name[static_cast<size_t>(row)]);
    stimuli.source.push_back(info.stimulus_source[static_cast<size_t>(row)]);
  }
  const auto side = a.image_size;
  stimuli.images = [&recording, shown, side](const std::vector<int64_t>& rows) {
    std::vector<int64_t> wanted;
    for (const auto row : rows) wanted.push_back(shown[static_cast<size_t>(row)]);
    const auto images = recording.images(wanted);
    return side == 0 ? images : resize_image(images, side, side);
  };
  return stimuli;
}

void write_features(Arguments a, const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(a.out, a.force);
  const Recording recording(a.input);
  const auto network = network_of(a, run);
  const Captions captions =
      a.captions.empty() ? Captions(recording.info(), a.input) : Captions(a.captions);
  if (network->needs_captions() && captions.empty()) {
    throw Error("--captions", concat("c is made of captions, and ", a.input, " has none"),
                "Name a table with the columns stimulus and caption");
  }
  const auto stimuli = stimuli_of(recording, a);
  TargetJob job{*network, stimuli, captions};
  std::vector<std::filesystem::path> inputs = {a.input};
  for (const auto& path : a.reuse) job.known.emplace_back(path);
  if (!a.captions.empty()) inputs.emplace_back(a.captions);
  write_targets(a.out, a.force, job, invocation.provenance(run, to_json(a.options()), inputs), run);
  const TargetFile made(a.out);
  for (const auto& layer : made.layers()) {
    std::printf("%-40s %lld stimuli x %lld\n", layer.c_str(), static_cast<long long>(made.count()),
                static_cast<long long>(made.units(layer)));
  }
}

}  // namespace

std::function<void()> declare_features(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<Arguments>();
  app.add_option("recording", a->input, "the recording whose stimuli are read")->required();
  app.add_option("--out", a->out, "the file of features (HDF5)")->required();
  add_options(app, a->options());
  add_force(app, a->force);
  return [a, &invocation] {
    check_options(a->options(), "features");
    write_features(*a, invocation);
  };
}

}  // namespace afterimage
