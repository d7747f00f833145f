#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "afterimage/analysis/analysis.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/report/multiples_page.h"

namespace afterimage {
namespace {

struct Arguments {
  std::string model, recording, out;
  bool force = false;
  std::unique_ptr<Analysis> analysis;
};

void analyse(const AnalysisEntry& entry, const Arguments& a, const Invocation& invocation) {
  const RunContext run = invocation.context();
  check_output(a.out, a.force);
  const Recording recording(a.recording);
  Model model = Model::load(a.model, run);
  AnalysisResult result = a.analysis->analyse(model, recording, run);
  auto options = to_json(a.analysis->options());
  options["analysis"] = entry.name;
  result.provenance = invocation.provenance(run, options, {a.recording, a.model});
  std::map<std::string, std::string> pages;
  if (!result.multiples.empty()) pages["multiples.html"] = multiples_page(result);
  result.save(a.out, a.force, pages);
  run.say(concat(result.lead, " -> ", a.out));
}

}  // namespace

std::function<void()> declare_analyse(CLI::App& app, const Invocation& invocation) {
  app.require_subcommand(1);
  const auto chosen = std::make_shared<std::function<void()>>();
  for (const auto& entry : analysis_table()) {
    const auto a = std::make_shared<Arguments>();
    a->analysis = entry.make();
    CLI::App* sub = app.add_subcommand(entry.name, entry.summary + " (" + entry.source + ")");
    sub->fallthrough();  // options of every command, such as --threads, stand with `analyse`
    sub->add_option("model", a->model, "folder of a trained model")->required();
    sub->add_option("recording", a->recording, "a recording it fits")->required();
    sub->add_option("--out", a->out, "folder for tables, figures and images")->required();
    add_options(*sub, a->analysis->options());
    add_force(*sub, a->force);
    sub->callback(
        [chosen, &entry, a, &invocation] { *chosen = [&, a] { analyse(entry, *a, invocation); }; });
  }
  return [chosen] { (*chosen)(); };
}

}  // namespace afterimage
