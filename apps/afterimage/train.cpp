#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/command.h"
#include "afterimage/decoders/model.h"
#include "afterimage/recordings/leakage.h"
#include "afterimage/recordings/recording_notes.h"

namespace afterimage {
namespace {

void list_options(const std::string& name, const Config& config) {
  std::printf("%s: %s\n", name.c_str(), config.text("summary", "a configuration").c_str());
  std::printf("Each is changed with --set KEY=VALUE, or in a copy of %s\n\n",
              config.source().c_str());
  for (const auto& line : Model::describe_options(config)) std::printf("%s\n", line.c_str());
}

void require(const std::string& value, const std::string& option) {
  if (value.empty()) throw Error(option + " is required (see 'afterimage train --help')");
}

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
    bool list = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("config", a->config,
                 "a TOML file, or the name of a shipped one ('afterimage list configs')")
      ->required();
  app.add_option("--recording", a->recording, "the recording to learn from (required)");
  app.add_option("--out", a->options.out, "folder of the model (required)");
  add_settings(app, a->assignments, "one option of the configuration; again for each further one");
  app.add_flag("--options", a->list,
               "list what the configuration can be told, with values, ranges and help");
  app.add_flag("--resume", a->options.resume, "go on with an unfinished training");
  add_force(app, a->options.force);

  return [a, &invocation] {
    const auto path = find_config(a->config);
    Config config = Config::read(path);
    for (const auto& assignment : a->assignments) config.override_with(assignment);
    if (a->list) return list_options(a->config, config);
    require(a->recording, "--recording");
    require(a->options.out.string(), "--out");
    const RunContext run = invocation.context();
    const Recording recording(a->recording);
    Model::check(config);
    Model::check_place(a->options);
    for (const auto& note : recording_notes(recording)) run.say("note: " + note);
    say_leakage(recording, config.text("data.split", DataOptions().split), run);
    Model::train(config, recording, run, a->options,
                 invocation.provenance(run, {{"config", path.string()}}, {a->recording}));
  };
}

}  // namespace afterimage
