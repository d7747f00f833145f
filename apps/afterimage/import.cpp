#include <CLI/CLI.hpp>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/recordings/importers/importer.h"

namespace afterimage {
namespace {

struct Arguments {
  std::string out;
  std::vector<std::string> paths;
  bool force = false;
  std::unique_ptr<Importer> importer;
};

void import(const ImporterEntry& entry, const Arguments& a, const Invocation& invocation) {
  const RunContext run(invocation.run);
  check_output(a.out, a.force);
  const std::vector<std::filesystem::path> inputs(a.paths.begin(), a.paths.end());
  for (const auto& input : inputs) {
    if (!std::filesystem::exists(input)) throw Error(input, "no such file");
  }
  auto options = to_json(a.importer->fields());
  options["format"] = entry.name;
  const ImportReport report = a.importer->import(
      {inputs, a.out, a.force, run.quiet(), invocation.provenance(run, options, inputs)});
  for (const auto& dropped : report.dropped) {
    say(run.quiet(), concat("dropped ", dropped.count, " ", dropped.what, ": ", dropped.reason));
  }
  for (const auto& note : report.notes) say(run.quiet(), note);
}

}  // namespace

std::function<void()> declare_import(CLI::App& app, const Invocation& invocation) {
  app.require_subcommand(1);
  const auto chosen = std::make_shared<std::function<void()>>();
  for (const auto& entry : importer_table()) {
    const auto a = std::make_shared<Arguments>();
    a->importer = entry.make();
    CLI::App* format = app.add_subcommand(entry.name, entry.summary + " (" + entry.source + ")");
    format->fallthrough();  // options of every command, such as --threads, stand with `import`
    format->add_option("paths", a->paths, entry.paths)->required();
    format->add_option("--out", a->out, "the recording (HDF5)")->required();
    add_fields(*format, a->importer->fields());
    add_force(*format, a->force);
    format->callback(
        [chosen, &entry, a, &invocation] { *chosen = [&, a] { import(entry, *a, invocation); }; });
  }
  return [chosen] { (*chosen)(); };
}

}  // namespace afterimage
