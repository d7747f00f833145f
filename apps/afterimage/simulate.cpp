#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/steps.h"

namespace afterimage {

std::vector<std::string> SimulateStep::words() {
  std::vector<std::string> words = {"simulate", "--images", images, "--out", out};
  append(words, changed_words(options.options(), SimulatorOptions().options()));
  if (force) words.emplace_back("--force");
  return words;
}

void SimulateStep::run(const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(out, force);
  std::vector<std::filesystem::path> inputs = {images};
  if (!options.other.empty()) inputs.emplace_back(options.other);
  const auto made = simulate(options, images, out, force, run,
                             invocation.provenance(run, to_json(options.options()), inputs));
  // Said even when quiet: the recording is not of all that was given.
  for (const auto& file : made.skipped) std::fprintf(stderr, "skipped %s\n", file.c_str());
  if (!made.note.empty()) std::fprintf(stderr, "%s\n", made.note.c_str());
  run.say(concat(made.sensors, " sensors, ", made.train_stimuli, " training images from ",
                 made.train_photographs, " photographs, ", made.test_stimuli, " test images from ",
                 made.test_photographs, " others, ", made.trials, " trials -> ", out));
}

std::function<void()> declare_simulate(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<SimulateStep>();
  app.add_option("--images", a->images,
                 "folder of photographs (JPEG, PNG, WebP, TIFF), or of subfolders train and test")
      ->required();
  app.add_option("--out", a->out, "the recording (HDF5)")->required();
  add_options(app, a->options.options());
  add_force(app, a->force);

  return [a, &invocation] { a->run(invocation); };
}

}  // namespace afterimage
