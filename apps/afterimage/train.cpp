#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/output.h"
#include "afterimage/command.h"
#include "afterimage/decoders/model.h"
#include "afterimage/recordings/leakage.h"

namespace afterimage {

namespace {

/// Which other splits' stimuli this training will have seen.
void say_leakage(const Recording& recording, const std::string& train, const RunContext& run) {
  auto shared = shared_stimuli(recording, train, run);
  std::erase_if(shared, [](const SharedStimuli& pair) { return pair.count() == 0; });
  for (const auto& line : leakage_lines(shared)) run.say(line);
}

}  // namespace

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
    Model::check(config);
    check_output(a->options.out, a->options.force);
    say_leakage(recording, config.text("data.split", DataOptions().split), run);
    Model::train(config, recording, run, a->options,
                 invocation.provenance(run, {{"config", path.string()}}, {a->recording}));
  };
}

}  // namespace afterimage
