#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "afterimage/analysis/result.h"
#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/output.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/command.h"
#include "afterimage/decoders/model_card.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/diffusion/checkpoint.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/leakage.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/recording_check.h"
#include "afterimage/recordings/recording_notes.h"
#include "afterimage/report/artefact.h"

namespace afterimage {
namespace {

void line(const std::string& name, const std::string& value) {
  std::printf("%-16s %s\n", name.c_str(), value.c_str());
}

/// A text of a record, which may hold anything: somebody else may have written it.
std::string text_in(const nlohmann::json& record, const char* key, const std::string& fallback) {
  const bool there = record.is_object() && record.contains(key) && record[key].is_string();
  return there ? record[key].get<std::string>() : fallback;
}

/// A list of a record; empty where there is none.
nlohmann::json list_in(const nlohmann::json& record, const char* key) {
  const bool there = record.is_object() && record.contains(key) && record[key].is_array();
  return there ? record[key] : nlohmann::json::array();
}

void print_provenance(const nlohmann::json& provenance) {
  if (provenance.is_string()) line("provenance", provenance.get<std::string>());
  if (!provenance.is_object() || provenance.empty()) return;
  line("made by",
       concat(text_in(provenance, "program", "?"), " ", text_in(provenance, "version", "")));
  line("command", text_in(provenance, "command", "?"));
  line("time", text_in(provenance, "time", "?"));
  for (const auto& text : transductive(provenance)) line("transductive", text);
  for (const auto& input : list_in(provenance, "inputs")) {
    std::string hash;
    for (const char* kind : {"sha256", "sampled_sha256"}) {
      const std::string text = text_in(input, kind, "");
      if (hash.empty() && !text.empty()) hash = concat("  ", kind, " ", text);
    }
    line("input", text_in(input, "path", "?") + hash);
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
  for (const auto& dropped : list_in(provenance, "dropped")) {
    const bool counted = dropped.is_object() && dropped.contains("count");
    line("dropped", concat(counted ? dropped["count"].dump() : "?", " ",
                           text_in(dropped, "what", "?"), ": ", text_in(dropped, "reason", "?")));
  }
}

void print_recording(const Recording& recording, const std::string& path, bool check,
                     const RunContext& run) {
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
  for (const auto& text : leakage_lines(shared_stimuli(recording, run))) line("splits", text);
  print_sensors(info.sensors);
  for (const auto& bin : info.bins) {
    line("bin", concat(number_text(bin.start_ms), " to ", number_text(bin.stop_ms), " ms"));
  }
  if (!check) {  // which says them too
    for (const auto& note : recording_notes(recording)) line("note", note);
  }
  print_dropped(info.provenance);
  print_provenance(info.provenance);
}

void show_recording(const std::string& path, bool check, const RunContext& run) {
  const Recording recording(path);
  print_recording(recording, path, check, run);
  if (!check) return;
  std::fflush(stdout);  // before the progress on the other stream
  const auto wrong = check_recording(recording, run);
  for (const auto& text : wrong) line("wrong", text);
  if (wrong.empty()) return line("checked", "all images and responses are sound");
  throw Error(path, wrong.size() == 1 ? "one thing is wrong (above)"
                                      : concat(wrong.size(), " things are wrong (above)"));
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

/// Weights of Stable Diffusion, whose folders have a file none of ours has.
bool is_checkpoint(const std::string& path) {
  return diffusion::looks_like_checkpoint(path) &&
         !std::filesystem::exists(std::filesystem::path(path) / "model.json");
}

void print_artefact(const std::string& path, bool check, const RunContext& run) {
  if (!check && is_checkpoint(path)) {
    for (const auto& [name, text] : describe(diffusion::Checkpoint(path))) line(name, text);
    return;
  }
  const auto kind = artefact_kind(path);
  if (check && kind != Artefact::recording) {
    throw Error(path, "is no recording", "--check reads recordings");
  }
  switch (kind) {
    case Artefact::recording:
      return show_recording(path, check, run);
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
  struct Arguments {
    std::string path;
    bool check = false;
  };
  const auto a = std::make_shared<Arguments>();
  app.add_option("file", a->path,
                 "a recording, model, reconstruction or scores, or a "
                 "checkpoint of Stable Diffusion")
      ->required();
  app.add_flag("--check", a->check,
               "read all of a recording and say what is wrong: NaN, sensors that never change, "
               "images twice");
  return [a, &invocation] {
    try {
      print_artefact(a->path, a->check, invocation.context());
    } catch (const nlohmann::json::exception& problem) {  // an entry of another type
      throw Error(a->path, concat("is not as Afterimage writes it (", problem.what(), ")"),
                  "The file was changed or is damaged: restore it, or make it again");
    }
  };
}

}  // namespace afterimage
