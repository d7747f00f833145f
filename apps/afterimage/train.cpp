#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/recordings/leakage.h"
#include "afterimage/recordings/recording_notes.h"
#include "afterimage/steps.h"

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

std::vector<std::filesystem::path> inputs_of(const Config& config,
                                             const std::filesystem::path& recording) {
  std::vector<std::filesystem::path> inputs = {recording};
  for (const auto* key : {"data.predicted_images", "prior"}) {
    const auto folder = config.text(key, "");
    if (!folder.empty()) inputs.emplace_back(folder);
  }
  return inputs;
}

Config TrainStep::configuration() const {
  Config read = Config::read(find_config(config));
  for (const auto& setting : settings) read.override_with(setting);
  return read;
}

std::vector<std::string> TrainStep::words() {
  std::vector<std::string> words = {"train", config};
  add_words(words, "--recording", recording);
  add_words(words, "--out", options.out.string());
  add_words(words, "--set", settings);
  if (options.resume) words.emplace_back("--resume");
  if (options.force) words.emplace_back("--force");
  return words;
}

void TrainStep::run(const Invocation& invocation) {
  const Config chosen = configuration();
  const RunContext run = invocation.context();
  const Recording from(recording);
  Model::check(chosen);
  Model::check_place(options);
  for (const auto& note : recording_notes(from)) run.say("note: " + note);
  say_leakage(from, chosen.text("data.split", DataOptions().split), run);
  Model::train(
      chosen, from, run, options,
      invocation.provenance(run, {{"config", chosen.source()}}, inputs_of(chosen, recording)));
}

std::function<void()> declare_train(CLI::App& app, const Invocation& invocation) {
  const auto a = std::make_shared<TrainStep>();
  const auto list = std::make_shared<bool>(false);
  app.add_option("config", a->config,
                 "a TOML file, or the name of a shipped one ('afterimage list configs')")
      ->required();
  app.add_option("--recording", a->recording, "the recording to learn from (required)");
  app.add_option("--out", a->options.out, "folder of the model (required)");
  add_settings(app, a->settings, "one option of the configuration; again for each further one");
  app.add_flag("--options", *list,
               "list what the configuration can be told, with values, ranges and help");
  app.add_flag("--resume", a->options.resume, "go on with an unfinished training");
  add_force(app, a->options.force);

  return [a, list, &invocation] {
    if (*list) return list_options(a->config, a->configuration());
    require(a->recording, "--recording");
    require(a->options.out.string(), "--out");
    a->run(invocation);
  };
}

}  // namespace afterimage
