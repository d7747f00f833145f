#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "afterimage/analysis/result.h"
#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/decoders/model_card.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/leakage.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/report/artefact.h"

namespace afterimage {
namespace {

void line(const std::string& name, const std::string& value) {
  std::printf("%-16s %s\n", name.c_str(), value.c_str());
}

void print_provenance(const nlohmann::json& provenance) {
  if (!provenance.is_object() || provenance.empty()) return;
  line("made by", concat(provenance.value("program", "?"), " ", provenance.value("version", "")));
  line("command", provenance.value("command", "?"));
  line("time", provenance.value("time", "?"));
  for (const auto& text : transductive(provenance)) line("transductive", text);
  for (const auto& input : provenance.value("inputs", nlohmann::json::array())) {
    const std::string hash = input.value("sha256", input.value("sampled_sha256", ""));
    line("input", concat(input.value("path", "?"), hash.empty() ? "" : "  sha256 ", hash));
  }
}

void print_sensors(const Sensors& sensors) {
  for (const auto& roi : sensors.rois()) {
    int64_t count = 0, mapped = 0;
    std::set<int64_t> arrays;
    for (int64_t s = 0; s < sensors.count(); ++s) {
      if (sensors.roi[static_cast<size_t>(s)] != roi) continue;
      ++count;
      mapped += sensors.mapped(s);
      if (sensors.array[static_cast<size_t>(s)] >= 0) {
        arrays.insert(sensors.array[static_cast<size_t>(s)]);
      }
    }
    line("sensors",
         concat(roi, ": ", count, arrays.empty() ? "" : concat(" on ", arrays.size(), " arrays"),
                ", ", mapped, " with a receptive field"));
  }
}

void print_dropped(const nlohmann::json& provenance) {
  if (!provenance.is_object()) return;
  for (const auto& dropped : provenance.value("dropped", nlohmann::json::array())) {
    line("dropped", concat(dropped.value("count", int64_t{0}), " ", dropped.value("what", "?"),
                           ": ", dropped.value("reason", "?")));
  }
}

void print_recording(const std::string& path, const RunContext& run) {
  const Recording recording(path);
  const RecordingInfo& info = recording.info();
  line("recording", path);
  line("stimuli", concat(info.stimuli(), " of ", info.width, " x ", info.height, " pixels",
                         info.channels == 1 ? ", gray" : ""));
  if (info.degrees_per_stimulus > 0) {
    line("stimulus width",
         number_text(std::round(info.degrees_per_stimulus * 100) / 100) + " degrees");
  }
  for (const auto& split : info.splits()) {
    const auto trials = info.trials_of(split, path);
    std::set<int64_t> shown, blocks;
    for (const int64_t t : trials) {
      shown.insert(info.trials.stimulus[static_cast<size_t>(t)]);
      blocks.insert(info.trials.block[static_cast<size_t>(t)]);
    }
    line("trials", concat(split, ": ", trials.size(), " of ", shown.size(), " stimuli in ",
                          blocks.size(), " blocks"));
  }
  for (const auto& text : leakage_lines(shared_stimuli(recording, run))) line("splits", text);
  print_sensors(info.sensors);
  for (const auto& bin : info.bins) {
    line("bin", concat(number_text(bin.start_ms), " to ", number_text(bin.stop_ms), " ms"));
  }
  print_dropped(info.provenance);
  print_provenance(info.provenance);
}

void print_model(const std::string& path) {
  const auto card = read_json(std::filesystem::path(path) / "model.json");
  line("model", path);
  line("name", card.value("name", "?"));
  line("decoder", card.value("decoder", "?"));
  line("trained on", concat(card.value("samples", int64_t{0}), " samples"));
  const auto input = decoder_input_from_json(card.value("input", nlohmann::json::object()), path);
  line("reads", concat(input.sensors.count(), " sensors; bins ", bins_text(input.bins)));
  print_provenance(card.value("provenance", nlohmann::json::object()));
}

/// "6, in 60 rows; sha256 of their pixels 9f...": the hash is of the rows' hashes in their order.
std::string stimuli_text(const Reconstruction& result) {
  const auto identity = stimulus_identity(result);
  const std::set<std::string> different(identity.begin(), identity.end());
  const std::string count = concat(different.size(), ", in ", identity.size(), " rows; ");
  if (result.stimulus_sha256.empty()) return count + "without names and hashes (an older file)";
  return concat(count, "sha256 ", sha256(join(identity, "\n")));
}

void print_reconstruction(const std::string& path) {
  const auto result = Reconstruction::load(path);
  line("reconstruction", path);
  line("name", result.name);
  line("split", result.split);
  if (!result.train_split.empty()) line("learned from", result.train_split);
  line("stimuli", stimuli_text(result));
  line("images", concat(result.images.size(0), " of ", result.images.size(3), " x ",
                        result.images.size(2), " pixels"));
  std::vector<std::string> names;
  for (const auto& [name, images] : result.controls) names.push_back(name);
  line("controls", join(names));
  print_provenance(result.provenance);
}

void print_scores(const std::string& path) {
  const auto scores = Scores::from_json(read_json(path), path);
  line("scores", path);
  line("split", scores.split);
  line("images", concat(scores.stimulus.size(), " of ", scores.stimuli, " stimuli, ", scores.width,
                        " x ", scores.height, " pixels"));
  for (const auto& pair : scores.leakage) {
    if (pair.count() > 0) line("leakage", pair.text());
  }
  for (const auto& set : scores.sets) line(set.control ? "control" : "decoder", set.name);
  print_provenance(scores.provenance);
}

void print_analysis(const std::string& path) {
  const auto result = AnalysisResult::load(path);
  line("analysis", path);
  line("what", result.title);
  for (const auto& table : result.tables) line("table", table.name + ".csv: " + table.title);
  for (const auto& chart : result.charts) line("figure", chart.name + ".svg: " + chart.title);
  for (const auto& grid : result.grids) line("images", grid.name + ".png: " + grid.title);
  print_provenance(result.provenance);
}

void print_artefact(const std::string& path, const RunContext& run) {
  switch (artefact_kind(path)) {
    case Artefact::recording:
      return print_recording(path, run);
    case Artefact::model:
      return print_model(path);
    case Artefact::reconstruction:
      return print_reconstruction(path);
    case Artefact::analysis:
      return print_analysis(path);
    case Artefact::scores:
      return print_scores(path);
  }
}

}  // namespace

std::function<void()> declare_info(CLI::App& app, const Invocation& invocation) {
  const auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "a recording, model, reconstruction or scores")->required();
  return [path, &invocation] {
    try {
      print_artefact(*path, invocation.context());
    } catch (const nlohmann::json::exception& problem) {  // an entry of another type
      throw Error(*path, concat("is not as Afterimage writes it (", problem.what(), ")"),
                  "The file was changed or is damaged: restore it, or make it again");
    }
  };
}

}  // namespace afterimage
