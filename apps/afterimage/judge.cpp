#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/report/judgement_page.h"

namespace afterimage {
namespace {

/// The decoders' images, and of the controls those that are named.
std::vector<ImageSet> judged_sets(const std::vector<Reconstruction>& reconstructions,
                                  const std::vector<std::string>& controls) {
  std::vector<ImageSet> sets;
  std::vector<std::string> known;
  for (auto& set : image_sets(reconstructions)) {
    const bool named = std::find(controls.begin(), controls.end(), set.name) != controls.end();
    if (set.control) known.push_back(set.name);
    if (!set.control || named) sets.push_back(std::move(set));
  }
  for (const auto& control : controls) {
    if (std::find(known.begin(), known.end(), control) != known.end()) continue;
    throw Error("--controls", "there is no control '" + control + "'", suggestion(control, known));
  }
  return sets;
}

}  // namespace

std::function<void()> declare_judge(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::vector<std::string> reconstructions, controls, names;
    std::string recording, out, title = "Which image is nearer?";
    JudgementOptions options;
    bool force = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("reconstructions", a->reconstructions, "reconstructions of the same images")
      ->required();
  app.add_option("--recording", a->recording, "the recording with the images shown")->required();
  app.add_option("--out", a->out, "the page (HTML)")->required();
  app.add_option("--controls", a->controls, "controls to be judged too, such as ridge")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  app.add_option("--title", a->title, "heading of the page");
  app.add_option("--name", a->names,
                 "what to call the reconstructions, once for each in their order, in place of "
                 "their own names")
      ->expected(1)
      ->take_all();
  add_options(app, a->options.options());
  add_force(app, a->force);

  return [a, &invocation] {
    const RunContext run = invocation.context();
    check_output(a->out, a->force);
    const Recording recording(a->recording);
    std::vector<Reconstruction> reconstructions;
    for (const auto& path : a->reconstructions) {
      reconstructions.push_back(Reconstruction::load(path));
    }
    rename(reconstructions, a->names);
    check_alike(reconstructions, recording, run);
    const auto sets = judged_sets(reconstructions, a->controls);
    const auto plan = plan_judgement(sets, a->options, run);
    write_text(a->out,
               judgement_page(plan, sets, true_images(recording, reconstructions.front()),
                              answers_head(plan, a->options, run), a->title),
               a->force);
    run.say(concat(plan.trials.size(), " questions -> ", a->out));
  };
}

}  // namespace afterimage
