#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/table.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/importers/import_summary.h"
#include "afterimage/importers/importer.h"
#include "afterimage/preparation/prepare.h"
#include "afterimage/recordings/recording_notes.h"

namespace afterimage {
namespace {

struct Arguments {
  std::string out;
  std::vector<std::string> paths;
  bool force = false;
  std::unique_ptr<Importer> importer;
  PrepareOptions prepare;
};

/// Options of `prepare` that the format does not have itself.
Options further_options(Importer& importer, PrepareOptions& options) {
  Options out;
  const Options own = importer.options();
  for (const auto& option : options.options()) {
    const auto same = [&](const Option& other) { return other.name == option.name; };
    if (std::none_of(own.begin(), own.end(), same)) out.push_back(option);
  }
  return out;
}

/// Where the recording as read lies while it still has to be prepared. Its name follows from the
/// output, so that an interrupted import finds its parts again.
std::filesystem::path unprepared_path(const std::filesystem::path& out) {
  return out.parent_path() / concat(".", out.filename().string(), ".unprepared");
}

void import(const ImporterEntry& entry, Arguments& a, const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(a.out, a.force);
  const std::vector<std::filesystem::path> inputs(a.paths.begin(), a.paths.end());
  for (const auto& input : inputs) {
    if (!std::filesystem::exists(input)) throw Error(input, "no such file");
  }
  auto options = to_json(a.importer->options() + further_options(*a.importer, a.prepare));
  options["format"] = entry.name;
  auto provenance = invocation.provenance(run, options, inputs);
  if (!a.prepare.uses_device()) provenance = on_processor(provenance);
  ImportJob job{inputs, a.out, a.force, run, provenance};
  ImportReport report;
  if (a.prepare.any()) {
    const Unfinished whole(unprepared_path(a.out));
    job.out = whole.path();
    job.force = true;
    report = a.importer->import(job);
    const Recording from(whole.path());
    const auto then = prepare(from, a.prepare, a.out, a.force, run, from.info().provenance);
    report.dropped.insert(report.dropped.end(), then.dropped.begin(), then.dropped.end());
    report.notes.insert(report.notes.end(), then.notes.begin(), then.notes.end());
  } else {
    report = a.importer->import(job);
  }
  const Recording made(a.out);
  for (const auto& text : import_summary(made, report, run)) run.say(text);
  for (const auto& note : recording_notes(made, report.fields_hint)) run.say("note: " + note);
}

/// The command with every option and what it means, or a file to fill in.
void print_template(const std::string& format) {
  const auto& entry = find_entry(importer_table(), format, "format", "import --template");
  const auto importer = entry.make();
  std::string text = importer->template_text();
  if (text.empty()) {
    text = concat("# ", entry.summary, " (", entry.source, ")\nafterimage import ", entry.name, " ",
                  entry.paths, " --out recording.h5");
    for (const auto& option : importer->options()) {
      const std::string value = value_text(option);
      text += concat(" \\\n  ", option_name(option), " ", value.empty() ? "VALUE" : value);
    }
    text += "\n";
    for (const auto& option : importer->options()) {
      text += concat("# ", option_name(option), ": ", help_text(option), "\n");
    }
  }
  std::fputs(text.c_str(), stdout);
}

}  // namespace

std::function<void()> declare_import(CLI::App& app, const Invocation& invocation) {
  app.require_subcommand(0, 1);
  const auto wanted = std::make_shared<std::string>();
  app.add_option("--template", *wanted,
                 "print an annotated command, or file to fill in, for this format");
  const auto chosen = std::make_shared<std::function<void()>>();
  for (const auto& entry : importer_table()) {
    const auto a = std::make_shared<Arguments>();
    a->importer = entry.make();
    CLI::App* format = app.add_subcommand(entry.name, entry.summary + " (" + entry.source + ")");
    format->fallthrough();  // options of every command, such as --threads, stand with `import`
    format->add_option("paths", a->paths, entry.paths)->required();
    format->add_option("--out", a->out, "the recording (HDF5)")->required();
    add_options(*format, a->importer->options() + further_options(*a->importer, a->prepare));
    add_force(*format, a->force);
    format->callback(
        [chosen, &entry, a, &invocation] { *chosen = [&, a] { import(entry, *a, invocation); }; });
  }
  return [chosen, wanted] {
    if (!wanted->empty()) return print_template(*wanted);
    if (!*chosen) throw Error("import", "needs a format", "'afterimage list importers' shows them");
    (*chosen)();
  };
}

}  // namespace afterimage
