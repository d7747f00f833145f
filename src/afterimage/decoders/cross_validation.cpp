#include "afterimage/decoders/cross_validation.h"

#include <algorithm>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/controls.h"
#include "afterimage/decoders/fold_listener.h"
#include "afterimage/decoders/model.h"
#include "afterimage/decoders/pooled_folds.h"
#include "afterimage/decoders/stages.h"
#include "afterimage/decoders/trial_folds.h"
#include "afterimage/recordings/stimulus_hash.h"
#include "afterimage/training/trainer.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Whether a folder has something a resumed run can use.
bool has_results(const fs::path& folder) {
  std::error_code failed;  // folders may be removed meanwhile
  for (fs::recursive_directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto& path = entry->path();
    if (path.extension() == ".h5" || path.filename() == checkpoint_name) return true;
    if (Stages::any_done(path)) return true;
  }
  return false;
}

void check_folder(const CrossValidationFiles& files) {
  const bool unfinished = fs::exists(files.folder);
  if (files.resume && !unfinished) {
    throw Error(files.folder, "no unfinished cross-validation is there to resume",
                "Run it without --resume");
  }
  if (unfinished && !files.resume && !files.force) {
    throw Error(files.folder, "an unfinished cross-validation is there",
                "Add --resume to go on with it or --force to begin anew");
  }
}

/// A recording in which trials of equal pixels are trials of one stimulus, whatever it is called:
/// what is tested must not be learned from under another name.
struct Pictures {
  RecordingInfo info;
  std::vector<int64_t> same_as;  ///< of each stimulus, the first one of equal pixels
  int64_t copies = 0;            ///< stimuli that are not the first of theirs
};

Pictures pictures_of(const Recording& recording, const RunContext& run) {
  Pictures out{recording.info(), {}, 0};
  const auto numbers =
      numbered_by_first(stimulus_hashes(recording, all_rows(out.info.stimuli()), run));
  std::vector<int64_t> first;
  for (size_t s = 0; s < numbers.size(); ++s) {
    if (numbers[s] == std::ssize(first)) first.push_back(static_cast<int64_t>(s));
    out.same_as.push_back(first[static_cast<size_t>(numbers[s])]);
    out.copies += out.same_as.back() != static_cast<int64_t>(s);
  }
  for (auto& stimulus : out.info.trials.stimulus) {
    stimulus = out.same_as[static_cast<size_t>(stimulus)];
  }
  return out;
}

/// The cross-validation of one recording, fold by fold.
class Folds {
 public:
  Folds(const Config& config, const Recording& recording, const CrossValidationOptions& options,
        const CrossValidationFiles& files, const RunContext& run, const json& provenance)
      : config_(config),
        recording_(recording),
        options_(options),
        files_(files),
        run_(run),
        provenance_(provenance),
        pictures_(pictures_of(recording, run)),
        folds_(trial_folds(
            pictures_.info,
            trials_of_splits(recording.info(), options.split, recording.path().string()),
            options.by, options.folds, run.generator("cross-validation"),
            recording.path().string())) {
    std::erase(options_.controls, "none");
    shuffled_ = std::erase(options_.controls, "shuffled") > 0;  // made of the pooled images
    if (!config.text("data.split").empty()) {
      throw Error("data.split", "names trials to train on, and each fold has its own",
                  "Leave it out; --split names the trials that take part");
    }
    if (!config.text("data.fraction").empty()) {
      throw Error("data.fraction", "is a share of one training split, and each fold has its own",
                  "Leave it out");
    }
    // Refuses now what a training would refuse, and says what holds for every fold.
    Model model = Model::untrained(config, recording, run);
    settings_ = model.fingerprint(run, provenance);
    configuration_ = model.configuration(provenance);
    model_options_ = model.settings();
    say_what_is_special();
  }

  Reconstruction run_all() {
    std::vector<Reconstruction> parts;
    {
      Progress progress(run_, "Cross-validation", std::ssize(folds_), "fold");
      for (size_t f = 0; f < folds_.size(); ++f) {
        run_.stop_if_cancelled(stopped(f));
        parts.push_back(of_fold(f));
        progress.advance();
      }
    }
    if (files_.resume) run_.say(concat(taken_, " of ", folds_.size(), " folds were there already"));
    auto all =
        pooled_folds(parts, pictures_.same_as, shuffled_, run_.generator("shuffled control"));
    all.show(recording_, all.stimulus, run_);
    all.configuration = configuration_;
    all.seed = static_cast<int64_t>(run_.seed());
    all.provenance = described();
    return all;
  }

 private:
  void say_what_is_special() const {
    int64_t left_out = 0;
    for (const auto& fold : folds_) left_out += fold.left_out;
    if (left_out > 0) {
      run_.say(concat(left_out,
                      " trials, over all folds, show a stimulus that their fold tests "
                      "and are left out of its training"));
    }
    if (pictures_.copies > 0) {
      run_.say(concat(pictures_.copies,
                      " stimuli have the pixels of another and are one stimulus with it"));
    }
    const auto sharing = stimuli_sharing_sources(recording_.info(), folds_);
    if (sharing > 0) {
      run_.say(concat(sharing,
                      " tested stimuli were cut from a photograph that others in the "
                      "training were cut from too; --by source keeps them apart"));
    }
  }

  std::string name(size_t f) const {
    const auto width = std::to_string(folds_.size()).size();
    auto number = std::to_string(f + 1);
    return "fold-" + std::string(width - number.size(), '0') + number;
  }

  std::string stopped(size_t f) const {
    if (!has_results(files_.folder)) return "stopped; nothing was written";
    return concat("stopped in fold ", f + 1, " of ", folds_.size(), "; ", files_.folder.string(),
                  " keeps what is done: the same command with --resume goes on from there");
  }

  /// What a finished fold must share to be used again.
  std::string key(const TrialFold& fold) const {
    auto chosen = to_json(CrossValidationOptions(options_).options());
    for (const char* other : {"folds", "by", "split", "batch"}) chosen.erase(other);
    return sha256(json{settings_, chosen, fold.train, fold.test}.dump());
  }

  /// Taken from the folder, or made and put there.
  Reconstruction of_fold(size_t f) {
    const fs::path file = files_.folder / (name(f) + ".h5");
    const auto wanted = key(folds_[f]);
    const bool has_model = files_.models.empty() || fs::exists(files_.models / name(f));
    if (has_model && fs::exists(file)) {
      auto found = Reconstruction::load(file);
      if (found.provenance.value("key", "") == wanted) {
        ++taken_;
        return found;
      }
    }
    try {
      auto made = reconstruct(f, wanted);
      made.provenance = {{"key", wanted}};
      made.save(file, /*force=*/true);
      return made;
    } catch (const Interrupted&) {
      throw Interrupted(stopped(f));
    }
  }

  Reconstruction reconstruct(size_t f, const std::string& settings) {
    const auto& fold = folds_[f];
    const auto title = concat("Fold ", f + 1, " of ", folds_.size());
    const RunContext run = run_.with(std::make_shared<FoldListener>(run_, title, f == 0));
    const fs::path training = files_.folder / (name(f) + "-" + settings.substr(0, 8));
    make_folder(training);
    Model model = Model::untrained(config_, recording_, quiet());
    model.fit(recording_, fold.train, {run, training, files_.resume, settings});

    Reconstruction result;
    result.name = model.name();
    result.decoder = model.decoder_name();
    model.describe_training(result);
    result.split = "cross-validation";
    const Samples test = model.samples(recording_, fold.test, options_.average_repeats);
    const ToReconstruct wanted{
        {[&](const std::vector<int64_t>& rows) { return test.responses(rows); },
         2 * test.sensors() * test.bins() * 4},
        all_rows(test.count()),
        {}};
    result.stimulus = test.stimulus();
    result.trials_averaged = test.trials_averaged();
    result.images = reconstruct_in_batches(model.decoder(), wanted, options_.batch, run);
    model.probe(
        result, recording_, fold.test, options_.average_repeats,
        [](const at::Tensor& responses) { return responses; }, options_.probing, options_.batch,
        run);
    if (!options_.controls.empty()) {
      const Samples train = model.samples(recording_, fold.train, model.averages_in_training());
      result.controls = control_images(options_.controls, model.decoder(), model.decoder_name(),
                                       model.input(), train, wanted, ControlCache(), run);
    }
    if (!files_.models.empty()) save_model(model, f, training);
    fs::remove_all(training);
    return result;
  }

  void save_model(Model& model, size_t f, const fs::path& training) {
    make_folder(files_.models);
    Output output(files_.models / name(f), /*force=*/true);
    fs::create_directories(output.path());
    if (fs::exists(training / "log.jsonl")) fs::copy(training / "log.jsonl", output.path());
    auto provenance = provenance_;
    provenance["cross_validation"] = {{"fold", f + 1}, {"trials", folds_[f].train}};
    model.save(output.path(), provenance);
    output.commit();
  }

  json described() const {
    int64_t left_out = 0;
    std::vector<size_t> sizes;
    for (const auto& fold : folds_) {
      left_out += fold.left_out;
      sizes.push_back(fold.test.size());
    }
    auto provenance = provenance_;
    provenance["configuration"] = model_options_;
    provenance["cross_validation"] = {{"by", options_.by},
                                      {"folds", folds_.size()},
                                      {"tested_trials", sizes},
                                      {"left_out_of_training", left_out}};
    return provenance;
  }

  RunContext quiet() const { return run_.with(nullptr); }

  const Config& config_;
  const Recording& recording_;
  CrossValidationOptions options_;
  CrossValidationFiles files_;
  RunContext run_;
  json provenance_, model_options_;
  Pictures pictures_;
  std::vector<TrialFold> folds_;
  std::string settings_, configuration_;
  bool shuffled_ = false;
  int64_t taken_ = 0;  // folds that were there already
};

}  // namespace

Options CrossValidationOptions::options() {
  return Options{
             Option("by", by,
                    "what never straddles folds; a stimulus that is tested is never learned from")
                 .one_of({"stimulus", "source", "block", "category"}),
             Option("folds", folds, "how many, or all: each group is tested once (leave one out)"),
             Option("split", split,
                    "splits whose trials take part; none named: every trial with a split"),
             Option("average_repeats", average_repeats,
                    "average the trials of a tested stimulus (of those in its fold)"),
             Option("controls", controls, "what to set beside the decoder, or none")
                 .one_of({"mean", "retrieval", "ridge", "shuffled", "none"}),
             Option("batch", batch, "samples at a time").range(1),
         } +
         probing.options();
}

Reconstruction cross_validate(const Config& config, const Recording& recording,
                              const CrossValidationOptions& options,
                              const CrossValidationFiles& files, const RunContext& run,
                              const json& provenance) {
  check_folder(files);
  Folds folds(config, recording, options, files, run, provenance);  // refuses before it is begun
  if (!files.resume) fs::remove_all(files.folder);
  make_folder(files.folder);
  const fs::path folder = files.folder;
  const Unfinished unfinished(folder, [folder] { return has_results(folder); });
  return folds.run_all();
}

}  // namespace afterimage
