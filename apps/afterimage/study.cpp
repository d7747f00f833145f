#include "afterimage/analysis/study.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/decoders/model.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// What `use` makes of a variant's configuration; what it refuses names plan and variant.
template <typename Use>
auto of_variant(const StudyPlan::Variant& variant, const fs::path& plan, Use use) {
  try {
    Config config = Config::read(find_config(variant.config));
    for (const auto& setting : variant.settings) config.override_with(setting);
    return use(config);
  } catch (const Error& error) {
    std::string message = error.what();
    if (message.starts_with("--set: ")) message.erase(0, 7);  // the plan's settings, not the user's
    throw Error(concat(plan.string(), ": variant '", variant.name, "'"), message);
  }
}

/// Puts the settings of [set] before each variant's own, but for options that only other variants'
/// decoders have, and refuses at once what a training would refuse hours later.
void settle(StudyPlan& plan, const fs::path& path) {
  std::set<std::string> known_somewhere;
  std::vector<std::set<std::string>> known;
  for (const auto& variant : plan.variants) {
    auto whole = variant;
    whole.settings.insert(whole.settings.begin(), plan.shared.begin(), plan.shared.end());
    const auto names = of_variant(whole, path, Model::option_names);
    known.emplace_back(names.begin(), names.end());
    known_somewhere.insert(names.begin(), names.end());
  }
  for (size_t i = 0; i < plan.variants.size(); ++i) {
    auto& variant = plan.variants[i];
    std::vector<std::string> taken;
    for (const auto& setting : plan.shared) {
      const std::string key = setting.substr(0, setting.find('='));
      if (known[i].contains(key) || !known_somewhere.contains(key)) taken.push_back(setting);
    }
    variant.settings.insert(variant.settings.begin(), taken.begin(), taken.end());
    of_variant(variant, path, Model::check);
  }
}

/// What a run was asked to do: a folder that holds the results of something else is refused.
std::string description(const StudyPlan& plan, const StudyPlan::Variant& variant, int64_t seed) {
  return concat("recording ", fs::absolute(plan.recording).string(), "\nconfig ", variant.config,
                "\nseed ", seed, "\n", join(variant.settings, "\n"), "\n");
}

/// A study goes on by itself from what its commands have left.
void run_command(Words words, const RunOptions& run, int64_t seed) {
  RunOptions options = run;
  options.seed = seed;
  if (!run.quiet) std::fprintf(stderr, "\n$ afterimage %s\n", join(words, " ").c_str());
  for (auto& word : run_words(options)) words.push_back(std::move(word));
  try {
    run_command_line(words);
  } catch (const Interrupted&) {
    throw Interrupted("stopped; what is done is kept, and the same study goes on from there");
  }
}

/// One training with all that follows; what is there already is kept.
Scores run_one(const StudyPlan& plan, const StudyPlan::Variant& variant, int64_t seed,
               const fs::path& folder, const RunOptions& run) {
  const std::string asked = description(plan, variant, seed);
  fs::create_directories(folder);
  if (fs::exists(folder / "plan.txt") && read_text(folder / "plan.txt") != asked) {
    throw Error(folder, "holds a run of another plan",
                "Remove it, or choose another --out for this plan");
  }
  write_text(folder / "plan.txt", asked, /*force=*/true);
  const std::string model = (folder / "model").string(), images = (folder / "images.h5").string(),
                    scores = (folder / "scores.json").string(), recording = plan.recording.string();
  if (!fs::exists(model)) {
    Words train = {"train", variant.config, "--recording", recording, "--out", model};
    for (const auto& setting : variant.settings) {
      train.emplace_back("--set");
      train.push_back(setting);
    }
    train.emplace_back("--set");
    train.push_back("name=" + variant.name);
    if (fs::exists(model + ".training/checkpoint.safetensors")) {
      train.emplace_back("--resume");
    } else if (fs::exists(model + ".training")) {
      train.emplace_back("--force");
    }
    run_command(train, run, seed);
  }
  if (!fs::exists(images)) {
    run_command({"reconstruct", model, recording, "--out", images}, run, seed);
  }
  if (!fs::exists(scores)) {
    run_command({"evaluate", images, "--recording", recording, "--out", scores, "--metrics",
                 join(plan.metrics, ",")},
                run, seed);
  }
  return Scores::from_json(read_json(scores), scores);
}

}  // namespace

std::function<void()> declare_study(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string plan, recording, out;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("plan", a->plan,
                 "a TOML file of what varies (docs/analyses.md), or one that comes with the "
                 "program: ablation, data-size, decoders, features, regions")
      ->required();
  app.add_option("--recording", a->recording, "the recording, in place of the plan's");
  app.add_option("--out", a->out,
                 "folder for the models, scores and the summary; a study that was "
                 "stopped goes on in it")
      ->required();
  return [a, &invocation] {
    const RunContext run = invocation.context();
    const fs::path path = find_config(a->plan, "configs/studies");
    StudyPlan plan = StudyPlan::read(path, a->recording);
    settle(plan, path);
    if (!fs::exists(plan.recording)) throw Error(plan.recording, "no such recording");
    std::vector<StudyRun> runs;
    for (const auto& variant : plan.variants) {
      for (const auto seed : plan.seeds) {
        const fs::path folder = fs::path(a->out) / variant.name / concat("seed-", seed);
        runs.push_back({variant.name, seed, run_one(plan, variant, seed, folder, invocation.run)});
      }
    }
    AnalysisResult result = summarise_study(plan, runs);
    result.provenance = invocation.provenance(run, {{"plan", a->plan}}, {plan.recording});
    result.save(fs::path(a->out) / "summary", /*force=*/true);
    run.say(concat(result.lead, " -> ", a->out, "/summary"));
  };
}

}  // namespace afterimage
