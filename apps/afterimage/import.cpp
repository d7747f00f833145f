#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/table.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_summary.h"
#include "afterimage/recordings/recording_notes.h"
#include "afterimage/steps.h"

namespace afterimage {
namespace {

/// Where the recording as read lies while it still has to be prepared. Its name follows from the
/// output, so that an interrupted import finds its parts again.
std::filesystem::path unprepared_path(const std::filesystem::path& out) {
  return out.parent_path() / concat(".", out.filename().string(), ".unprepared");
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

ImportStep::ImportStep(const ImporterEntry& its_format)
    : format(its_format.name), importer(its_format.make()) {}

Options ImportStep::options() {
  Options all = importer->options();
  const Options own = all;
  for (const auto& option : prepare.options()) {
    const auto same = [&](const Option& other) { return other.name == option.name; };
    if (std::none_of(own.begin(), own.end(), same)) all.push_back(option);
  }
  return all;
}

std::vector<std::string> ImportStep::words() {
  std::vector<std::string> words = {"import", format};
  append(words, paths);
  add_words(words, "--out", out);
  ImportStep standard(find_entry(importer_table(), format, "format", "import"));
  append(words, changed_words(options(), standard.options()));
  if (force) words.emplace_back("--force");
  return words;
}

void ImportStep::run(const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(out, force);
  const std::vector<std::filesystem::path> inputs(paths.begin(), paths.end());
  for (const auto& input : inputs) {
    if (!std::filesystem::exists(input)) throw Error(input, "no such file");
  }
  auto said = to_json(options());
  said["format"] = format;
  auto provenance = invocation.provenance(run, said, inputs);
  if (!prepare.uses_device()) provenance = on_processor(provenance);
  ImportJob job{inputs, out, force, run, provenance};
  ImportReport report;
  if (prepare.any()) {
    const Unfinished whole(unprepared_path(out));
    job.out = whole.path();
    job.force = true;
    report = importer->import(job);
    const Recording from(whole.path());
    const auto then = afterimage::prepare(from, prepare, out, force, run, from.info().provenance);
    append(report.dropped, then.dropped);
    append(report.notes, then.notes);
  } else {
    report = importer->import(job);
  }
  const Recording made(out);
  for (const auto& text : import_summary(made, report, run)) run.say(text);
  for (const auto& note : recording_notes(made, report.fields_hint)) run.say("note: " + note);
}

std::function<void()> declare_import(CLI::App& app, const Invocation& invocation) {
  app.require_subcommand(0, 1);
  const auto wanted = std::make_shared<std::string>();
  app.add_option("--template", *wanted,
                 "print an annotated command, or file to fill in, for this format");
  const auto chosen = std::make_shared<std::function<void()>>();
  for (const auto& entry : importer_table()) {
    const auto a = std::make_shared<ImportStep>(entry);
    CLI::App* format = app.add_subcommand(entry.name, entry.summary + " (" + entry.source + ")");
    format->fallthrough();  // options of every command, such as --threads, stand with `import`
    format->add_option("paths", a->paths, entry.paths)->required();
    format->add_option("--out", a->out, "the recording (HDF5)")->required();
    add_options(*format, a->options());
    add_force(*format, a->force);
    format->callback(
        [chosen, a, &invocation] { *chosen = [&invocation, a] { a->run(invocation); }; });
  }
  return [chosen, wanted] {
    if (!wanted->empty()) return print_template(*wanted);
    if (!*chosen) throw Error("import", "needs a format", "'afterimage list importers' shows them");
    (*chosen)();
  };
}

}  // namespace afterimage
