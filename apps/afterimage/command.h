#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/recordings/import_report.h"

namespace CLI {
class App;
}

namespace afterimage {

/// How the program was called, for every command alike.
struct Invocation {
  std::string command_line;
  RunOptions run;
  Cancellation cancellation;

  /// The run of a command: Ctrl-C stops it, and it speaks on standard error unless quiet. Prepares
  /// the process for it.
  RunContext context() const;

  /// Provenance of a result of this call.
  nlohmann::json provenance(const RunContext& context, const nlohmann::json& options,
                            const std::vector<std::filesystem::path>& inputs) const;
};

/// One command: `declare` adds its arguments to `app` and gives back what to do once they are read.
struct Command {
  std::string name;
  std::string summary;
  std::string example;
  std::function<std::function<void()>(CLI::App& app, const Invocation& invocation)> declare;
};

/// Every command, in the order `--help` shows them: the one place to add one.
const std::vector<Command>& command_table();

/// Declares every command on `app`; once it has parsed a command line, `chosen` is what to do.
/// `invocation` and `chosen` must outlive the app.
void declare_commands(CLI::App& app, Invocation& invocation, std::function<void()>& chosen);

/// What there is to be told, for programs that build on this one: a list of {"name", "summary",
/// "example", "arguments": [{"name", "positional", "type" (text, number, flag, ...), "required",
/// "several", "help"}], "commands": [...]}.
nlohmann::json describe_commands();

/// "afterimage train demo --out 'my model'": the words as a user would type them in a shell.
std::string command_line(const std::vector<std::string>& words);

/// The flag of an option: "--train-trials" of "train_trials".
std::string option_name(const Option& option);

/// Adds a flag for each option.
void add_options(CLI::App& app, const Options& options);

/// The options of every command as words of a command line.
std::vector<std::string> run_words(const RunOptions& run);

/// "--lambda", "10" for each option that differs from its default: `given` and `standard` are of
/// one kind.
std::vector<std::string> changed_words(const Options& given, const Options& standard);

/// The provenance of what is computed on the processor, whatever --device says.
nlohmann::json on_processor(nlohmann::json provenance);

/// Adds --set, to be given once for each option it changes.
void add_settings(CLI::App& app, std::vector<std::string>& settings, const std::string& help);

/// Adds --force.
void add_force(CLI::App& app, bool& force);

/// What an import or a preparation left out, and its notes, line by line.
void say_report(const ImportReport& report, const RunContext& run);

#define AFTERIMAGE_COMMAND(name) \
  std::function<void()> declare_##name(CLI::App& app, const Invocation& invocation)
AFTERIMAGE_COMMAND(simulate);
AFTERIMAGE_COMMAND(import);
AFTERIMAGE_COMMAND(export);
AFTERIMAGE_COMMAND(prepare);
AFTERIMAGE_COMMAND(fields);
AFTERIMAGE_COMMAND(encode);
AFTERIMAGE_COMMAND(features);
AFTERIMAGE_COMMAND(train);
AFTERIMAGE_COMMAND(reconstruct);
AFTERIMAGE_COMMAND(crossvalidate);
AFTERIMAGE_COMMAND(evaluate);
AFTERIMAGE_COMMAND(compare);
AFTERIMAGE_COMMAND(judge);
AFTERIMAGE_COMMAND(analyse);
AFTERIMAGE_COMMAND(study);
AFTERIMAGE_COMMAND(report);
AFTERIMAGE_COMMAND(info);
AFTERIMAGE_COMMAND(list);
AFTERIMAGE_COMMAND(doctor);
AFTERIMAGE_COMMAND(demo);
#undef AFTERIMAGE_COMMAND

}  // namespace afterimage
