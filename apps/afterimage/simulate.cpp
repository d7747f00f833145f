#include "afterimage/simulation/simulator.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"

namespace afterimage {

std::function<void()> declare_simulate(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string images, out;
    SimulatorOptions options;
    bool force = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("--images", a->images,
                 "folder of photographs (JPEG, PNG, WebP, TIFF), or of subfolders train and test")
      ->required();
  app.add_option("--out", a->out, "the recording (HDF5)")->required();
  add_options(app, a->options.options());
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    check_output(a->out, a->force);
    const auto made =
        simulate(a->options, a->images, a->out, a->force, run,
                 invocation.provenance(run, to_json(a->options.options()), {a->images}));
    // Said even when quiet: the recording is not of all that was given.
    for (const auto& file : made.skipped) std::fprintf(stderr, "skipped %s\n", file.c_str());
    if (!made.note.empty()) std::fprintf(stderr, "%s\n", made.note.c_str());
    run.say(concat(made.sensors, " sensors, ", made.train_stimuli, " training images from ",
                   made.train_photographs, " photographs, ", made.test_stimuli,
                   " test images from ", made.test_photographs, " others, ", made.trials,
                   " trials -> ", a->out));
  };
}

}  // namespace afterimage
