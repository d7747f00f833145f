#include "afterimage/report/collect.h"

#include <algorithm>
#include <fstream>

#include "afterimage/base/config.h"
#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/image_sets.h"
#include "afterimage/recordings/leakage.h"
#include "afterimage/report/artefact.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json at_or_empty(const json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object[key] : json::object();
}

TrainingLog read_log(const fs::path& model, const std::string& name) {
  TrainingLog log{name, {}};
  std::ifstream file(model / "log.jsonl");
  for (std::string text; std::getline(file, text);) {
    json entry = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object()) log.lines.push_back(std::move(entry));
  }
  return log;
}

void add_model(const fs::path& path, ReportInput& input) {
  const json card = read_json(path / "model.json");
  const std::string name = card.value("name", path.filename().string());
  TrainingLog log = read_log(path, name);
  if (!log.lines.empty()) input.logs.push_back(std::move(log));
  input.provenance.push_back(card.value("provenance", json::object()));

  const Config config = Config::read(path / "config.toml");
  const std::string network = config.text("objective.network");
  if (!network.empty() && network != "vgg19" && config.text("objective.perceptual") != "0") {
    input.notes.push_back(
        concat("The perceptual loss of '", name, "' reads ", network, "; the papers read VGG19."));
  }
}

void add_recording(const fs::path& path, Collected& page) {
  if (page.recording) throw Error(path, "is a second recording", "A page shows one recording");
  page.recording = std::make_unique<Recording>(path);
  page.input.recording = page.recording.get();
  const json& provenance = page.recording->info().provenance;
  page.input.provenance.push_back(provenance);
  if (provenance.is_object() && provenance.contains("simulation")) {
    page.input.notes.push_back(
        "Simulated data: the responses were computed from the photographs, no brain was recorded.");
  }
}

/// A page must not pass for one of all arrays.
void add_absent_note(const Reconstruction& reconstruction, ReportInput& input) {
  const json options = at_or_empty(reconstruction.provenance, "options");
  std::vector<std::string> arrays;
  for (const auto& name : at_or_empty(options, "absent")) {
    if (name.is_string()) arrays.push_back(name);
  }
  if (arrays.empty()) return;
  input.notes.push_back(concat("'", reconstruction.name,
                               "' and its controls were given nothing of ", join(arrays), "."));
}

/// Whether all are pooled from folds: what the recording's splits share says nothing of them.
bool all_of_folds(const std::vector<Reconstruction>& reconstructions) {
  return !reconstructions.empty() &&
         std::all_of(reconstructions.begin(), reconstructions.end(),
                     [](const Reconstruction& each) { return each.split == "cross-validation"; });
}

/// What was judged and learned from alike: as the scores say, or else of the recording's splits.
void add_leakage_notes(Collected& page) {
  std::vector<SharedStimuli> pairs;
  if (page.input.scores && !page.input.scores->leakage.empty()) {
    pairs = page.input.scores->leakage;
  } else if (page.recording && !all_of_folds(page.input.reconstructions)) {
    pairs = shared_stimuli(*page.recording);
  }
  std::erase_if(pairs, [](const SharedStimuli& pair) { return pair.count() == 0; });
  for (const auto& line : leakage_lines(pairs)) page.input.notes.push_back(line + ".");
}

}  // namespace

Collected collect(const std::vector<std::string>& files, const std::string& title,
                  const std::vector<std::string>& names) {
  Collected page;
  page.input.title = title;
  for (const fs::path path : files) {
    switch (artefact_kind(path)) {
      case Artefact::recording:
        add_recording(path, page);
        break;
      case Artefact::model:
        add_model(path, page.input);
        break;
      case Artefact::reconstruction:
        page.input.reconstructions.push_back(Reconstruction::load(path));
        page.input.provenance.push_back(page.input.reconstructions.back().provenance);
        add_absent_note(page.input.reconstructions.back(), page.input);
        break;
      case Artefact::analysis:
        page.input.analyses.push_back(AnalysisResult::load(path));
        page.input.provenance.push_back(page.input.analyses.back().provenance);
        break;
      case Artefact::scores:
        if (page.input.scores) throw Error(path, "are second scores", "Evaluate all in one call");
        page.input.scores = Scores::from_json(read_json(path), path.string());
        page.input.provenance.push_back(page.input.scores->provenance);
        break;
    }
  }
  rename(page.input.reconstructions, names);
  if (!page.input.reconstructions.empty() && !page.recording) {
    throw Error(files.front(), "the recording is missing, and with it the images shown",
                "Name the recording too");
  }
  add_leakage_notes(page);
  return page;
}

}  // namespace afterimage
