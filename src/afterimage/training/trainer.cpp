#include "afterimage/training/trainer.h"

#include <ATen/ops/randperm.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/training/best_check.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

fs::path checkpoint_path(const fs::path& folder) { return folder / checkpoint_name; }
fs::path log_path(const fs::path& folder) { return folder / "log.jsonl"; }

constexpr const char* best_check_name = "best check";  // in a checkpoint

/// Saves the state after `step` steps. `settings` is what a continued run must share.
void save_checkpoint(const Trainable& model, const BestCheck& best, int64_t step, double seconds,
                     const std::string& settings, const fs::path& folder) {
  if (fs::exists(log_path(folder))) flush_to_disk(log_path(folder));  // it may not lag behind
  Output output(checkpoint_path(folder), /*force=*/true);
  TensorMap state = model.training_state();
  state[best_check_name] = best.to_tensor();
  write_safetensors(output.path(), state,
                    {{"format", "afterimage-checkpoint"},
                     {"step", std::to_string(step)},
                     {"seconds", number_text(seconds)},
                     {"settings", settings}});
  output.commit();
}

using Scores = std::map<std::string, double>;

struct Start {
  int64_t step = 0;
  double seconds = 0;
};

Start load_checkpoint(Trainable& model, BestCheck& best, const std::string& settings,
                      const fs::path& folder) {
  const fs::path path = checkpoint_path(folder);
  TextMap metadata;
  const TensorMap state = read_safetensors(path, &metadata);
  if (metadata["format"] != "afterimage-checkpoint") {
    throw Error(path, "is no checkpoint of Afterimage", "Train anew (--force)");
  }
  if (metadata["settings"] != settings) {
    throw Error(path, "was made with other settings, another recording or another seed",
                "Resume with the same ones, or train anew with --force");
  }
  model.restore(state, path.string());
  best.restore(state.at(best_check_name));
  return {std::stoll(metadata["step"]), std::stod(metadata["seconds"])};
}

/// Drops log lines after the checkpoint: a continued run writes them again.
void cut_log(const fs::path& folder, int64_t step) {
  std::string kept;
  if (fs::exists(log_path(folder))) {
    std::ifstream log(log_path(folder));
    for (std::string line; std::getline(log, line);) {
      const auto entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (entry.is_object() && entry.value("step", step + 1) <= step) kept += line + "\n";
    }
  }
  write_text(log_path(folder), kept, /*force=*/true);
}

void append_log(const fs::path& folder, const nlohmann::json& entry) {
  std::ofstream log(log_path(folder), std::ios::app);
  log << entry.dump() << "\n";
  log.flush();
  if (!log) throw Error(log_path(folder), "cannot be written", "Is the disk full?");
}

void refuse_non_finite(const std::map<std::string, double>& losses, int64_t step, int64_t saved,
                       const fs::path& folder) {
  for (const auto& [name, value] : losses) {
    if (std::isfinite(value)) continue;
    const std::string kept = saved > 0 ? concat("The checkpoint after step ", saved,
                                                " is kept: go on from it with "
                                                "--resume and a smaller training.learning_rate")
                                       : std::string("Try a smaller training.learning_rate");
    throw Error(folder.empty() ? fs::path("training") : folder,
                concat("the ", name, " loss is ", value, " at step ", step + 1), kept);
  }
}

std::string loss_note(const std::map<std::string, double>& losses) {
  std::string note;
  for (const auto& [name, value] : losses) {
    char text[64];
    std::snprintf(text, sizeof text, "%s%s %.4g", note.empty() ? "" : " ", name.c_str(), value);
    note += text;
  }
  return note;
}

/// Says which weights a training with checks leaves.
void say_kept(const BestCheck& best, const TrainerOptions& options, int64_t last,
              const RunContext& run) {
  if (best.step() == 0) return;
  if (best.enough() && last < options.steps) {
    run.say(concat("stopped after step ", last, " of ", options.steps, ": ", options.patience,
                   " checks without a better ", options.measure, " (training.patience)"));
  }
  char score[32];
  std::snprintf(score, sizeof score, "%.3f", best.score());
  run.say(concat("best ", options.measure, " on held-out samples: ", score, " after step ",
                 best.step(), options.keep == "best" ? "; these weights are kept" : ""));
}

}  // namespace

Options TrainerOptions::options() {
  return {
      Option("steps", steps, "updates, where no epochs are given").range(0),
      Option("epochs", epochs, "passes over the samples, in place of steps").range(0),
      Option("batch", batch, "samples per step").range(1),
      Option("learning_rate", learning_rate, "of Adam").range(0, 1),
      Option("schedule", schedule, "of the learning rate").one_of({"constant", "cosine"}),
      Option("warmup", warmup, "steps over which the learning rate rises from zero").range(0),
      Option("checkpoint_every", checkpoint_every, "steps between checkpoints").range(1),
      Option("log_every", log_every, "steps between lines of the log").range(1),
      Option("average", average,
             "decay of a running mean of the weights, which is kept in their place; 0 = none")
          .range(0, 0.99999),
      Option("validation", validation,
             "share of the samples held out to judge the training by, whole photographs; 0 = none")
          .range(0, 0.5),
      Option("check_every", check_every, "steps between checks on held-out samples").range(1),
      Option("measure", measure, "score on held-out samples that `keep` and `patience` go by")
          .one_of({"pixel-correlation", "ssim"}),
      Option("keep", keep, "weights to keep: the last, or the best by `measure`")
          .one_of({"last", "best"}),
      Option("patience", patience,
             "checks without a better one after which training stops; 0 = all steps")
          .range(0),
  };
}

void TrainerOptions::settle_length() {
  if (epochs > 0) steps = 0;
  if (epochs == 0 && steps == 0) {
    throw Error("training.steps", "is 0, and so is training.epochs", "Give one of them, above 0");
  }
}

void TrainerOptions::check_validation() const {
  if (validation > 0 || (keep == "last" && patience == 0)) return;
  throw Error(keep == "best" ? "training.keep" : "training.patience",
              "needs samples that are held out, and training.validation is 0",
              "Give training.validation = 0.1");
}

TrainerOptions TrainerOptions::for_samples(int64_t samples) const {
  TrainerOptions same = *this;
  if (epochs > 0) {
    const double updates = epochs * static_cast<double>(samples) / static_cast<double>(batch);
    same.steps = std::max<int64_t>(1, std::llround(updates));
  }
  return same;
}

double TrainerOptions::learning_rate_at(int64_t step) const {
  double rate = learning_rate;
  if (schedule == "cosine") {
    const double done = static_cast<double>(step) / static_cast<double>(steps);
    rate *= 0.5 * (1 + std::cos(std::numbers::pi * done));
  }
  if (step < warmup) rate *= static_cast<double>(step + 1) / static_cast<double>(warmup);
  return rate;
}

std::vector<int64_t> batch_rows(const RunContext& run, int64_t samples, int64_t batch,
                                int64_t step) {
  std::vector<int64_t> rows;
  at::Tensor order;
  int64_t epoch = -1;
  for (int64_t i = step * batch; i < (step + 1) * batch; ++i) {
    if (i / samples != epoch) {
      epoch = i / samples;
      order = at::randperm(samples, run.generator(concat("order of epoch ", epoch)), at::kLong);
    }
    rows.push_back(order.data_ptr<int64_t>()[i % samples]);
  }
  return rows;
}

bool resumes_training(const FitContext& context) {
  return context.resume && fs::exists(checkpoint_path(context.folder));
}

void train(Trainable& model, int64_t samples, const TrainerOptions& asked,
           const FitContext& context) {
  const TrainerOptions options = asked.for_samples(samples);
  const auto& folder = context.folder;
  BestCheck best(options.measure, options.patience);
  const Start start =
      resumes_training(context) ? load_checkpoint(model, best, context.settings, folder) : Start{};
  const bool kept = !folder.empty();
  if (kept) cut_log(folder, start.step);

  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  const auto seconds = [&] {
    return start.seconds + std::chrono::duration<double>(Clock::now() - began).count();
  };
  const Cancellation::Saving saves(context.run.cancellation());
  Progress progress(context.run, "Training", options.steps, "step", start.step);
  int64_t saved = start.step, ran = start.step;
  for (int64_t step = start.step; step < options.steps && !best.enough(); ++step) {
    const double rate = options.learning_rate_at(step);
    const auto losses =
        model.step(batch_rows(context.run, samples, options.batch, step), step, rate);
    refuse_non_finite(losses, step, saved, folder);

    const int64_t done = ran = step + 1;
    const bool all = done == options.steps;
    const auto scores = all || done % options.check_every == 0 ? model.validate() : Scores{};
    if (!scores.empty() && best.better(scores, done) && options.keep == "best") model.remember();
    const bool last = all || best.enough();
    if (kept && (done % options.log_every == 0 || last || !scores.empty())) {
      nlohmann::json entry(losses);
      for (const auto& [name, value] : scores) entry["validation." + name] = value;
      entry["step"] = done;
      entry["seconds"] = seconds();
      entry["learning_rate"] = rate;
      append_log(folder, entry);
    }
    progress.advance(1, loss_note(losses));
    if (kept && (done % options.checkpoint_every == 0 || last || context.run.cancelled())) {
      save_checkpoint(model, best, done, seconds(), context.settings, folder);
      saved = done;
    }
    if (last) break;
    context.run.stop_if_cancelled(
        concat("stopped after step ", done, " of ", options.steps,
               kept ? "; the same command with --resume goes on from there" : ""));
  }
  say_kept(best, options, ran, context.run);
  model.settle();
}

}  // namespace afterimage
