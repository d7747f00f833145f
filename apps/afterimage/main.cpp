// afterimage: reconstructs what was seen from recordings of the visual system.

#include <c10/util/Exception.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "afterimage/base/error.h"
#include "afterimage/base/interrupt.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/formats/hdf5.h"

namespace afterimage {
namespace {

constexpr int failure = 1, user_error = 2, stopped = 130;

/// What CLI11 could not make sense of as one line, with the nearest name for an unknown word.
Error usage_error(const CLI::ParseError& error, const CLI::App& app) {
  std::string message = error.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  const CLI::App* command = &app;
  std::string name;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
  }
  std::vector<std::string> known;
  for (const auto* option : command->get_options()) known.push_back(option->get_name());
  for (const auto* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(sub->get_name());
  }
  const auto remaining = app.remaining(/*recurse=*/true);
  if (!remaining.empty()) {  // a slip of the pen often leaves something else missing
    const std::string word = remaining.front();
    const std::string near = closest(split(word, '=').empty() ? word : split(word, '=')[0], known);
    message = "unknown argument '" + word + "'";
    if (!near.empty()) message += ". Did you mean '" + near + "'?";
  }
  return Error(concat(message, " (see 'afterimage", name, " --help')"));
}

/// Reads and runs one command line, without the program's name. Throws what the command throws.
void run_command_line(const std::vector<std::string>& arguments) {
  CLI::App app{"Afterimage " + version() +
               ": reconstructs what was seen from recordings of the visual system"};
  app.name("afterimage");
  app.set_version_flag("--version", version());
  app.require_subcommand(1);

  Invocation invocation{command_line(arguments), {}, watch_interrupts()};
  std::function<void()> chosen;
  declare_commands(app, invocation, chosen);

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 wants it so
  } catch (const CLI::Success& done) {                                          // --help, --version
    app.exit(done);
    return;
  } catch (const CLI::ParseError& error) {
    throw usage_error(error, app);
  }
  chosen();
}

/// OpenMP's threads spin for milliseconds while they wait, and where another program wants the
/// processor that makes a training step ten times slower. The library reads its settings before
/// `main`, so a shorter spin takes a second start (a tenth of a second). Who set either variable
/// has decided.
void start_with_short_spins(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  std::error_code failed;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return;
  ::setenv("GOMP_SPINCOUNT", "10000", 0);
  ::execv(binary.c_str(), argv);  // comes back only when it fails: then all goes on as before
}

int report(const char* what, int code) {
  std::fprintf(stderr, "afterimage: %s\n", what);
  return code;
}

}  // namespace
}  // namespace afterimage

int main(int argc, char** argv) {
  using namespace afterimage;
  start_with_short_spins(argv);
  try {
    const EndedByInterrupts ended;
    std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error like a full disk, no death
    hdf5::leave_exit_alone();
    run_command_line({argv + 1, argv + argc});
    return 0;
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
