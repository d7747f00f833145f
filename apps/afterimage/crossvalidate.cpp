#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/cross_validation.h"
#include "afterimage/decoders/model.h"
#include "afterimage/recordings/recording_notes.h"
#include "afterimage/steps.h"

namespace afterimage {

std::function<void()> declare_crossvalidate(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string config, recording, out;
    std::vector<std::string> assignments;
    CrossValidationOptions options;
    CrossValidationFiles files;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("config", a->config,
                 "a TOML file, or the name of a shipped one ('afterimage list configs')")
      ->required();
  app.add_option("--recording", a->recording, "the recording to learn from")->required();
  app.add_option("--out", a->out, "the reconstruction of all tested stimuli (HDF5)")->required();
  app.add_option("--models", a->files.models, "also keep the model of each fold, in this folder");
  add_settings(app, a->assignments, "an option of the configuration, as key=value");
  app.add_flag("--resume", a->files.resume, "go on with an unfinished cross-validation");
  add_options(app, a->options.options());
  add_force(app, a->files.force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    const bool force = a->files.force;
    check_output(a->out, force);
    if (!a->files.models.empty()) check_output(a->files.models, force || a->files.resume);
    a->files.folder = a->out + ".folds";
    const auto path = find_config(a->config);
    Config config = Config::read(path);
    for (const auto& assignment : a->assignments) config.override_with(assignment);
    const Recording recording(a->recording);
    for (const auto& note : recording_notes(recording)) run.say("note: " + note);
    auto options = to_json(a->options.options());
    options["config"] = path.string();
    const auto result =
        cross_validate(config, recording, a->options, a->files, run,
                       invocation.provenance(run, options, inputs_of(config, a->recording)));
    result.save(a->out, force);
    std::filesystem::remove_all(a->files.folder);
    run.say(concat(result.stimulus.size(), " images reconstructed -> ", a->out));
  };
}

}  // namespace afterimage
