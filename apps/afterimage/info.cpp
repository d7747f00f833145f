#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "afterimage/analysis/result.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/decoders/model_card.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/recordings/bins.h"
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

void print_recording(const std::string& path) {
  const Recording recording(path);
  const RecordingInfo& info = recording.info();
  line("recording", path);
  line("stimuli", concat(info.stimuli(), " of ", info.width, " x ", info.height, " pixels",
                         info.channels == 1 ? ", gray" : ""));
  if (info.degrees_per_stimulus > 0) {
    line("stimulus width",
         number_text(std::round(info.degrees_per_stimulus * 100) / 100) + " degrees");
  }
  line("fixation", info.fixation_known()
                       ? concat("x ", number_text(info.fixation_x), ", y ",
                                number_text(info.fixation_y), " (stimulus coordinates)")
                       : "unknown: eccentricity counts from the middle of the stimulus");
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
  print_sensors(info.sensors);
  for (const auto& bin : info.bins) {
    line("bin", concat(number_text(bin.start_ms), " to ", number_text(bin.stop_ms), " ms"));
  }
  print_dropped(info.provenance);
  print_provenance(info.provenance);
}

void print_model(const std::string& path) {
  const auto card = nlohmann::json::parse(read_text(std::filesystem::path(path) / "model.json"));
  line("model", path);
  line("name", card.value("name", "?"));
  line("decoder", card.value("decoder", "?"));
  line("trained on", concat(card.value("samples", int64_t{0}), " samples"));
  const auto input = decoder_input_from_json(card.value("input", nlohmann::json::object()), path);
  line("reads", concat(input.sensors.count(), " sensors; bins ", bins_text(input.bins)));
  print_provenance(card.value("provenance", nlohmann::json::object()));
}

void print_reconstruction(const std::string& path) {
  const auto result = Reconstruction::load(path);
  line("reconstruction", path);
  line("name", result.name);
  line("split", result.split);
  line("images", concat(result.images.size(0), " of ", result.images.size(3), " x ",
                        result.images.size(2), " pixels"));
  std::vector<std::string> names;
  for (const auto& [name, images] : result.controls) names.push_back(name);
  line("controls", join(names));
  print_provenance(result.provenance);
}

void print_scores(const std::string& path) {
  const auto scores = Scores::from_json(nlohmann::json::parse(read_text(path)), path);
  line("scores", path);
  line("split", scores.split);
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

}  // namespace

std::function<void()> declare_info(CLI::App& app, const Invocation&) {
  const auto path = std::make_shared<std::string>();
  app.add_option("file", *path, "a recording, model, reconstruction or scores")->required();
  return [path] {
    switch (artefact_kind(*path)) {
      case Artefact::recording:
        return print_recording(*path);
      case Artefact::model:
        return print_model(*path);
      case Artefact::reconstruction:
        return print_reconstruction(*path);
      case Artefact::analysis:
        return print_analysis(*path);
      case Artefact::scores:
        return print_scores(*path);
    }
  };
}

}  // namespace afterimage
