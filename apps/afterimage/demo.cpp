#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

struct DemoOptions {
  std::string what = "photographs";
  std::string images, out = "demo";
  Words settings;
  bool force = false;
};

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// What comes before the training: a recording, and which decoder it suits.
struct Start {
  Words make_recording;
  std::string config;
  std::string title;
};

Start start_of(const DemoOptions& options, const std::string& recording) {
  const fs::path examples = data_dir() / "examples";
  if (options.what == "digits") {
    return {{"import", "digit69", (examples / "digit69" / "digit69_28x28.mat").string(), "--out",
             recording},
            "digits",
            "Handwritten digits from human fMRI"};
  }
  const std::string images =
      options.images.empty() ? (examples / "photos").string() : options.images;
  return {{"simulate", "--images", images, "--out", recording},
          "demo",
          "Photographs from a simulated recording"};
}

/// Every step is a command a user could type, and is shown as one.
std::vector<Words> steps(const DemoOptions& options) {
  const auto at = [&options](const char* name) { return (fs::path(options.out) / name).string(); };
  const Start start = start_of(options, at("recording.h5"));
  Words train = {"train", start.config, "--recording", at("recording.h5"), "--out", at("model")};
  for (const auto& setting : options.settings) train = train + Words{"--set", setting};
  std::vector<Words> all = {
      start.make_recording,
      train,
      {"reconstruct", at("model"), at("recording.h5"), "--out", at("reconstruction.h5"), "--png",
       at("images")},
      {"evaluate", at("reconstruction.h5"), "--recording", at("recording.h5"), "--out",
       at("scores.json"), "--csv", at("scores.csv"), "--csv-images", at("scores-images.csv")},
      {"report", at("recording.h5"), at("reconstruction.h5"), at("scores.json"), at("model"),
       "--title", start.title, "--out", at("report.html")},
  };
  if (options.force) {
    for (auto& step : all) step.emplace_back("--force");
  }
  return all;
}

}  // namespace

std::function<void()> declare_demo(CLI::App& app, const Invocation& invocation) {
  const auto options = std::make_shared<DemoOptions>();
  app.add_option("what", options->what, "photographs (simulated recording) or digits (human fMRI)")
      ->check(CLI::IsMember({"photographs", "digits"}));
  app.add_option("--images", options->images, "a folder of your own photographs");
  app.add_option("--out", options->out, "folder for the results");
  add_settings(app, options->settings, "an option of the decoder, as key=value");
  add_force(app, options->force);

  return [options, &invocation] {
    if (fs::exists(options->out) && !fs::is_empty(options->out) && !options->force) {
      throw Error(options->out, "exists already",
                  "Add --force to replace the demo in it, or choose another --out");
    }
    const RunContext run = invocation.context();
    fs::create_directories(options->out);
    for (const auto& step : steps(*options)) {
      run.say("\n$ afterimage " + join(step, " "));
      run_command_line(step + run_words(invocation.run));
    }
  };
}

}  // namespace afterimage
