#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/table.h"
#include "afterimage/steps.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using Steps = std::vector<std::unique_ptr<Step>>;

struct DemoOptions {
  std::string what = "photographs";
  std::string decoder = "refined";
  std::string images, out = "demo";
  std::vector<std::string> settings;
  bool force = false;
};

/// What comes before the training: a recording, and which decoder it suits.
struct Start {
  std::unique_ptr<Step> make_recording;
  std::string config;
  std::string title;
};

Start start_of(const DemoOptions& options, const std::string& recording) {
  const fs::path examples = data_dir() / "examples";
  if (options.what == "digits") {
    auto step =
        std::make_unique<ImportStep>(find_entry(importer_table(), "digit69", "format", "demo"));
    step->paths = {(examples / "digit69" / "digit69_28x28.mat").string()};
    step->out = recording;
    step->force = options.force;
    return {std::move(step), "digits", "Handwritten digits from human fMRI"};
  }
  auto step = std::make_unique<SimulateStep>();
  step->images = options.images.empty() ? (examples / "photos").string() : options.images;
  step->out = recording;
  step->force = options.force;
  const auto* config = options.decoder == "brain2pix" ? "demo" : "demo-refined";
  return {std::move(step), config, "Photographs from a simulated recording"};
}

/// The whole way, each step a command that a user could type.
Steps steps_of(const DemoOptions& options) {
  const auto at = [&options](const char* name) { return (fs::path(options.out) / name).string(); };
  const std::string recording = at("recording.h5"), model = at("model"),
                    images = at("reconstruction.h5"), scores = at("scores.json");
  Start start = start_of(options, recording);
  Steps steps;
  steps.push_back(std::move(start.make_recording));

  auto train = std::make_unique<TrainStep>();
  train->config = start.config;
  train->recording = recording;
  train->settings = options.settings;
  train->options = {model, /*resume=*/false, options.force};
  steps.push_back(std::move(train));

  auto reconstruct = std::make_unique<ReconstructStep>();
  reconstruct->model = model;
  reconstruct->recording = recording;
  reconstruct->out = images;
  reconstruct->png = at("images");
  reconstruct->force = options.force;
  steps.push_back(std::move(reconstruct));

  auto evaluate = std::make_unique<EvaluateStep>();
  evaluate->reconstructions = {images};
  evaluate->recording = recording;
  evaluate->out = scores;
  evaluate->csv = at("scores.csv");
  evaluate->csv_images = at("scores-images.csv");
  evaluate->force = options.force;
  steps.push_back(std::move(evaluate));

  auto report = std::make_unique<ReportStep>();
  report->files = {recording, images, scores, model};
  report->title = start.title;
  report->out = at("report.html");
  report->force = options.force;
  steps.push_back(std::move(report));
  return steps;
}

}  // namespace

std::function<void()> declare_demo(CLI::App& app, const Invocation& invocation) {
  const auto options = std::make_shared<DemoOptions>();
  app.add_option("what", options->what, "photographs (simulated recording) or digits (human fMRI)")
      ->check(CLI::IsMember({"photographs", "digits"}));
  app.add_option("--decoder", options->decoder,
                 "of photographs: refined (ours, recommended) or brain2pix (as published)")
      ->check(CLI::IsMember({"refined", "brain2pix"}));
  app.add_option("--images", options->images, "a folder of your own photographs");
  app.add_option("--out", options->out, "folder for the results");
  add_settings(app, options->settings, "an option of the decoder, as key=value");
  add_force(app, options->force);

  return [options, &app, &invocation] {
    for (const auto* option : {"--images", "--decoder"}) {
      if (options->what != "digits" || app.count(option) == 0) continue;
      throw Error(option, "goes with photographs, and this is the demo of digits",
                  "Leave one of the two out");
    }
    if (fs::exists(options->out) && !fs::is_empty(options->out) && !options->force) {
      throw Error(options->out, "exists already",
                  "Add --force to replace the demo in it, or choose another --out");
    }
    fs::create_directories(options->out);
    for (const auto& step : steps_of(*options)) run_step(*step, invocation);
  };
}

}  // namespace afterimage
