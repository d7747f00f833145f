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

namespace afterimage {
namespace {

namespace fs = std::filesystem;

fs::path checkpoint_path(const fs::path& folder) { return folder / checkpoint_name; }
fs::path log_path(const fs::path& folder) { return folder / "log.jsonl"; }

/// Saves the state after `step` steps. `settings` is what a continued run must share.
void save_checkpoint(const Trainable& model, int64_t step, double seconds,
                     const std::string& settings, const fs::path& folder) {
  if (fs::exists(log_path(folder))) flush_to_disk(log_path(folder));  // it may not lag behind
  Output output(checkpoint_path(folder), /*force=*/true);
  write_safetensors(output.path(), model.training_state(),
                    {{"format", "afterimage-checkpoint"},
                     {"step", std::to_string(step)},
                     {"seconds", number_text(seconds)},
                     {"settings", settings}});
  output.commit();
}

struct Start {
  int64_t step = 0;
  double seconds = 0;
};

Start load_checkpoint(Trainable& model, const std::string& settings, const fs::path& folder) {
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
    throw Error(folder, concat("the ", name, " loss is ", value, " at step ", step + 1), kept);
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
  };
}

void TrainerOptions::settle_length() {
  if (epochs > 0) steps = 0;
  if (epochs == 0 && steps == 0) {
    throw Error("training.steps", "is 0, and so is training.epochs", "Give one of them, above 0");
  }
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
  const Start start =
      resumes_training(context) ? load_checkpoint(model, context.settings, folder) : Start{};
  cut_log(folder, start.step);

  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  const auto seconds = [&] {
    return start.seconds + std::chrono::duration<double>(Clock::now() - began).count();
  };
  const Cancellation::Saving saves(context.run.cancellation());
  Progress progress(context.run, "Training", options.steps, "step", start.step);
  int64_t saved = start.step;
  for (int64_t step = start.step; step < options.steps; ++step) {
    const double rate = options.learning_rate_at(step);
    const auto losses =
        model.step(batch_rows(context.run, samples, options.batch, step), step, rate);
    refuse_non_finite(losses, step, saved, folder);

    const int64_t done = step + 1;
    const bool last = done == options.steps;
    if (done % options.log_every == 0 || last) {
      nlohmann::json entry(losses);
      entry["step"] = done;
      entry["seconds"] = seconds();
      entry["learning_rate"] = rate;
      append_log(folder, entry);
    }
    progress.advance(1, loss_note(losses));
    if (done % options.checkpoint_every == 0 || last || context.run.cancelled()) {
      save_checkpoint(model, done, seconds(), context.settings, folder);
      saved = done;
    }
    if (last) break;
    context.run.stop_if_cancelled(concat("stopped after step ", done, " of ", options.steps,
                                         "; the same command with --resume goes on from there"));
  }
}

}  // namespace afterimage
