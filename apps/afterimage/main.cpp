// afterimage: reconstructs what was seen from recordings of the visual system.

#include <c10/util/Exception.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "afterimage/base/error.h"
#include "afterimage/base/interrupt.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"

namespace afterimage {
namespace {

constexpr int failure = 1, user_error = 2, stopped = 130;

std::string quoted_command_line(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    const std::string word = i == 0 ? "afterimage" : argv[i];
    const bool plain = word.find_first_of(" \"'\\$*?;&|<>()") == std::string::npos;
    words.push_back(plain && !word.empty() ? word : "'" + word + "'");
  }
  return join(words, " ");
}

/// One line for what CLI11 could not make sense of, with the nearest name for an unknown word.
int usage_error(const CLI::ParseError& error, const CLI::App& app) {
  std::string message = error.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  const CLI::App* command = app.get_subcommands().empty() ? &app : app.get_subcommands().front();
  std::vector<std::string> known;
  for (const auto* option : command->get_options()) known.push_back(option->get_name());
  for (const auto* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(sub->get_name());
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::string word = command->remaining().empty() ? "" : command->remaining().front();
    const std::string near = closest(split(word, '=').empty() ? word : split(word, '=')[0], known);
    message = "unknown argument '" + word + "'";
    if (!near.empty()) message += ". Did you mean '" + near + "'?";
  }
  const std::string name = command == &app ? "" : " " + command->get_name();
  std::fprintf(stderr, "afterimage%s: %s (see 'afterimage%s --help')\n", name.c_str(),
               message.c_str(), name.c_str());
  return user_error;
}

int run(int argc, char** argv) {
  CLI::App app{"Afterimage " + version() +
               ": reconstructs what was seen from recordings of the visual system"};
  app.name("afterimage");
  app.set_version_flag("--version", version());
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();

  Invocation invocation{quoted_command_line(argc, argv), {}};
  std::function<void()> chosen;
  for (const auto& command : command_table()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    const auto action = command.declare(*sub, invocation);
    add_fields(*sub, invocation.run.fields());
    sub->footer("Example:\n  " + command.example);
    sub->callback([&chosen, action] { chosen = action; });
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    return usage_error(error, app);
  }
  watch_interrupts();
  chosen();
  return 0;
}

int report(const char* what, int code) {
  std::fprintf(stderr, "afterimage: %s\n", what);
  return code;
}

}  // namespace
}  // namespace afterimage

int main(int argc, char** argv) {
  using namespace afterimage;
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    return report(error.what(), user_error);
  } catch (const Interrupted& interrupt) {
    return report(interrupt.what(), stopped);
  } catch (const std::filesystem::filesystem_error& error) {
    return report(error.what(), user_error);
  } catch (const c10::Error& error) {
    return report(concat("LibTorch: ", error.what_without_backtrace()).c_str(), failure);
  } catch (const std::exception& error) {
    return report(error.what(), failure);
  }
}
