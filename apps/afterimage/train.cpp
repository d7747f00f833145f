#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/command.h"
#include "afterimage/decoders/model.h"

namespace afterimage {

std::function<void()> declare_train(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string config, recording;
    std::vector<std::string> assignments;
    TrainOptions options;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("config", a->config,
                 "a TOML file, or the name of a shipped one ('afterimage list configs')")
      ->required();
  app.add_option("--recording", a->recording, "the recording to learn from")->required();
  app.add_option("--out", a->options.out, "folder of the model")->required();
  app.add_option("--set", a->assignments, "an option of the configuration, as key=value")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_flag("--resume", a->options.resume, "go on with an unfinished training");
  add_force(app, a->options.force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    const auto path = find_config(a->config);
    Config config = Config::read(path);
    for (const auto& assignment : a->assignments) config.override_with(assignment);
    const Recording recording(a->recording);
    Model::train(config, recording, run, a->options,
                 invocation.provenance(run, {{"config", path.string()}}, {a->recording}));
  };
}

}  // namespace afterimage
