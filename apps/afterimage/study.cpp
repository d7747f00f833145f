#include "afterimage/analysis/study.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "afterimage/analysis/latex.h"
#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/steps.h"
#include "afterimage/study_needs.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// What `prepare` is told for a variant. Errors: an unknown option, a value it does not take.
PrepareOptions prepare_options(const StudyPlan::Variant& variant, const fs::path& plan) {
  PrepareOptions prepare;
  const std::string where = concat(plan.string(), ": variant '", variant.name, "'");
  for (const auto& setting : variant.prepare) {
    const auto equals = setting.find('=');
    auto options = prepare.options();
    set_option(find_option(options, setting.substr(0, equals), where), setting.substr(equals + 1),
               where);
  }
  return prepare;
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
    prepare_options(variant, path);
  }
}

/// A configuration of the user's own as it is now, line by line; of one that comes along, nothing.
std::string contents_of(const std::string& config) {
  if (!fs::is_regular_file(config)) return {};
  std::string lines;
  for (const auto& entry : Config::read(config).entries()) {
    lines += concat(entry.key, " = ", entry.text, "\n");
  }
  return lines;
}

/// What a training was asked to do.
std::string training_description(const StudyPlan::Variant& variant, int64_t seed) {
  return concat("recording ", fs::absolute(variant.recording).string(), "\nconfig ", variant.config,
                "\nseed ", seed, "\n", join(variant.settings, "\n"), "\n",
                contents_of(variant.config));
}

/// What a run was asked to do: a folder that holds the results of something else is refused.
std::string description(const StudyPlan::Variant& variant, int64_t seed) {
  std::string asked = training_description(variant, seed);
  if (variant.test != "test") asked += concat("test ", variant.test, "\n");
  for (const auto& setting : variant.prepare) asked += concat("prepare ", setting, "\n");
  return asked;
}

/// Where a model, a reconstruction or scores came from.
nlohmann::json provenance_of(const fs::path& path) {
  if (path.extension() == ".h5") {
    const auto file = hdf5::File::open(path);
    if (!file.has_attribute("/", "provenance")) return nullptr;
    return nlohmann::json::parse(file.text_attribute("/", "provenance"), nullptr, false);
  }
  const auto text = read_text(fs::is_directory(path) ? path / "model.json" : path);
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json.value("provenance", nlohmann::json()) : nlohmann::json();
}

bool is_made_of(const fs::path& path, const std::vector<ContentHash>& inputs) {
  return fs::exists(path) && made_of(provenance_of(path), inputs);
}

/// What every run of a study shares.
struct Study {
  StudyPlan plan;
  const Invocation& invocation;
  RunContext run;
  std::map<fs::path, ContentHash> recordings;  ///< their contents
};

/// The recording of a run.
struct Source {
  fs::path path;
  ContentHash hash;
};

/// The variant's, or, where it says how, one that is prepared from it once for all seeds.
Source source_of(const Study& study, const StudyPlan::Variant& variant, const fs::path& plan,
                 const fs::path& folder) {
  const Source whole = {variant.recording, study.recordings.at(variant.recording)};
  if (variant.prepare.empty()) return whole;
  const fs::path out = folder / "recording.h5";
  if (!is_made_of(out, {whole.hash})) {
    make_folder(folder);
    Invocation invocation = study.invocation;
    invocation.run.seed = study.plan.seeds.front();
    const RunContext run = invocation.context();
    auto options = prepare_options(variant, plan);
    const auto provenance = invocation.provenance(run, to_json(options.options()), {whole.path});
    say_report(prepare(Recording(whole.path), options, out, /*force=*/true, run, provenance), run);
  }
  return {out, content_hash(out)};
}

/// Models of a study by what they were trained on and how: variants that differ in what follows
/// (`test`) share one.
class Models {
 public:
  /// Where the model of a run in `folder` lies, or will lie.
  fs::path of(const StudyPlan::Variant& variant, const Source& source, int64_t seed,
              const fs::path& folder) {
    const fs::path own = folder / "model";
    const auto key = training_description(variant, seed) + source.hash.text();
    const fs::path first = places_.try_emplace(key, own).first->second;
    const bool begun = fs::exists(own) || fs::exists(own.string() + ".training");
    return begun ? own : first;
  }

 private:
  std::map<std::string, fs::path> places_;
};

/// One run of a study in its folder: a training with all that follows. What is there already is
/// kept as long as it was made of what it would be made of now, by content.
class Run {
 public:
  Run(const Study& study, const StudyPlan::Variant& variant, const Source& source, int64_t seed,
      const fs::path& folder, fs::path model)
      : study_(study),
        variant_(variant),
        source_(source),
        seed_(seed),
        folder_(folder),
        model_(std::move(model)),
        images_(folder / "images.h5"),
        scores_(folder / "scores.json") {}

  Scores results() const {
    claim_folder();
    if (fs::exists(model_)) {
      check_model();
    } else {
      train();
    }
    const auto model = content_hash(model_);
    if (!is_made_of(images_, {model, source_.hash})) reconstruct();
    if (!is_made_of(scores_, {content_hash(images_), source_.hash}) || other_metrics()) {
      evaluate();
    }
    return Scores::from_json(read_json(scores_), scores_.string());
  }

 private:
  /// Whether the scores that are there are not those the plan asks for.
  bool other_metrics() const {
    const auto made = provenance_of(scores_);
    const auto options = made.is_object() ? made.value("options", nlohmann::json()) : made;
    return !options.is_object() ||
           options.value("metrics", nlohmann::json()) != nlohmann::json(study_.plan.metrics);
  }

  std::string recording() const { return source_.path.string(); }

  void claim_folder() const {
    const std::string asked = description(variant_, seed_);
    fs::create_directories(folder_);
    if (fs::exists(folder_ / "plan.txt") && read_text(folder_ / "plan.txt") != asked) {
      throw Error(folder_, "holds a run of another plan",
                  "Remove it, or choose another --out for this plan");
    }
    write_text(folder_ / "plan.txt", asked, /*force=*/true);
  }

  /// A model is not replaced: its training may have taken days.
  void check_model() const {
    std::vector<ContentHash> inputs;
    for (const auto& path : of_variant(
             variant_, "", [&](const Config& config) { return inputs_of(config, source_.path); })) {
      inputs.push_back(path == source_.path ? source_.hash : content_hash(path));
    }
    if (is_made_of(model_, inputs)) return;
    throw Error(model_, concat("was trained on what ", recording(), " held before it was changed"),
                "Remove " + model_.parent_path().string() + ", or choose another --out");
  }

  void train() const {
    TrainStep step;
    step.config = variant_.config;
    step.recording = recording();
    step.settings = variant_.settings;
    step.settings.push_back("name=" + variant_.name);
    step.options.out = model_;
    step.options.resume = fs::exists(model_.string() + ".training");
    run(step);
  }

  void reconstruct() const {
    ReconstructStep step;
    step.model = model_.string();
    step.recording = recording();
    step.out = images_.string();
    step.name = variant_.name;
    step.options.split = variant_.test;
    step.options.probing.probes = {"none"};  // the summary shows scores only
    step.force = replaces(images_);
    run(step);
  }

  void evaluate() const {
    EvaluateStep step;
    step.reconstructions = {images_.string()};
    step.recording = recording();
    step.out = scores_.string();
    step.options.metrics = study_.plan.metrics;
    step.options.checks = {"none"};
    step.force = replaces(scores_);
    run(step);
  }

  bool replaces(const fs::path& older) const {
    if (!fs::exists(older)) return false;
    study_.run.say(older.string() + " was made of something else: made again");
    return true;
  }

  void run(Step& step) const {
    Invocation invocation = study_.invocation;
    invocation.run.seed = seed_;
    try {
      run_step(step, invocation);
    } catch (const Interrupted&) {
      throw Interrupted("stopped; what is done is kept, and the same study goes on from there");
    }
  }

  const Study& study_;
  const StudyPlan::Variant& variant_;
  const Source& source_;
  int64_t seed_;
  fs::path folder_, model_, images_, scores_;
};

std::map<fs::path, ContentHash> hashes_of(const StudyPlan& plan) {
  std::map<fs::path, ContentHash> hashes;
  for (const auto& variant : plan.variants) {
    if (!fs::exists(variant.recording)) throw Error(variant.recording, "no such recording");
    if (!hashes.contains(variant.recording)) {
      hashes[variant.recording] = content_hash(variant.recording);
    }
  }
  return hashes;
}

}  // namespace

std::function<void()> declare_study(CLI::App& app, const Invocation& invocation) {
  struct Arguments {
    std::string plan, out;
    StudyPlan::Changes changes;
    bool paper = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("plan", a->plan,
                 "a TOML file of what varies (docs/analyses.md), or one that comes with the "
                 "program ('afterimage list studies' names them)")
      ->required();
  app.add_option("--recording", a->changes.recordings,
                 "the recording, in place of the plan's; NAME=FILE for one of those it names, "
                 "again for each further one")
      ->expected(1)
      ->take_all();
  app.add_option("--config", a->changes.config,
                 "the configuration of variants that name none, in place of the plan's");
  add_settings(app, a->changes.settings,
               "one option, for every variant whose decoder has it; again for each further one");
  app.add_option("--seeds", a->changes.seeds, "seeds in place of the plan's: 1,2,3")
      ->delimiter(',');
  app.add_flag("--small", a->changes.small, "the plan's small form, for a processor of two cores");
  app.add_flag("--paper", a->paper, "say what the plan makes and needs, and do nothing");
  app.add_option("--out", a->out,
                 "folder for the models, scores and the summary; a study that was "
                 "stopped goes on in it");
  return [a, &invocation] {
    const RunContext run = invocation.context();
    const fs::path path = find_config(a->plan, "configs/studies");
    auto changes = a->changes;
    changes.needs_recordings = !a->paper;
    StudyPlan plan = StudyPlan::read(path, changes);
    settle(plan, path);
    if (a->paper) return say_needs(plan, path, run);
    if (a->out.empty())
      throw Error("--out", "is missing", "Name a folder for what the study makes");
    const Study study{plan, invocation, run, hashes_of(plan)};
    std::vector<fs::path> recordings;
    for (const auto& entry : study.recordings) recordings.push_back(entry.first);
    std::vector<StudyRun> runs;
    Models models;
    for (const auto& variant : study.plan.variants) {
      const fs::path place = fs::path(a->out) / variant.name;
      const Source source = source_of(study, variant, path, place);
      for (const auto seed : plan.seeds) {
        const fs::path folder = place / concat("seed-", seed);
        const Run one(study, variant, source, seed, folder,
                      models.of(variant, source, seed, folder));
        runs.push_back({variant.name, seed, one.results()});
      }
    }
    AnalysisResult result = summarise_study(plan, runs);
    result.provenance = invocation.provenance(run,
                                              {{"plan", a->plan},
                                               {"config", changes.config},
                                               {"set", changes.settings},
                                               {"small", changes.small}},
                                              recordings);
    const fs::path summary = fs::path(a->out) / "summary";
    result.save(summary, /*force=*/true);
    for (const auto& table : result.tables) {
      write_text(summary / (table.name + ".tex"), latex(table), /*force=*/true);
    }
    run.say(concat(result.lead, " -> ", a->out, "/summary"));
  };
}

}  // namespace afterimage
