#include <algorithm>
#include <map>

#include "afterimage/analysis/study.h"
#include "afterimage/base/config.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using Changes = StudyPlan::Changes;

/// A file as it is read, key by key.
struct Reading {
  StudyPlan plan;
  std::string recording, config;
  std::map<std::string, std::string> recordings;  ///< of [recordings], as written
  std::map<std::string, std::string> named;       ///< the recording each variant names
  std::map<std::string, StudyPlan::Variant> variants;
  std::vector<std::string> small;

  Options options() {
    auto& paper = plan.paper;
    return {Option("summary", plan.summary, ""),
            Option("recording", recording, ""),
            Option("config", config, ""),
            Option("seeds", plan.seeds, ""),
            Option("metrics", plan.metrics, ""),
            Option("paper.source", paper.source, ""),
            Option("paper.needs", paper.needs, ""),
            Option("paper.rows", paper.rows, ""),
            Option("paper.metrics", paper.metrics, ""),
            Option("paper.misprints", paper.misprints, "")};
  }

  void take_variant(const std::string& rest, const std::string& text) {
    const auto dot = rest.find('.');
    auto& variant = variants[rest.substr(0, dot)];
    if (dot == std::string::npos) return;
    const std::string option = rest.substr(dot + 1);
    if (option == "config") {
      variant.config = text;
    } else if (option == "recording") {
      named[rest.substr(0, dot)] = text;
    } else if (option == "test") {
      variant.test = text;
    } else if (option.starts_with("prepare.")) {
      variant.prepare.push_back(option.substr(8) + "=" + text);
    } else {
      variant.settings.push_back(option + "=" + text);
    }
  }

  void take(const std::string& key, const std::string& text, const std::string& where) {
    const auto dot = key.find('.');
    const auto table = dot == std::string::npos ? std::string() : key.substr(0, dot);
    const auto rest = key.substr(dot + 1);
    if (table == "set") {
      plan.shared.push_back(rest + "=" + text);
    } else if (table == "small") {
      small.push_back(rest + "=" + text);
    } else if (table == "variants") {
      take_variant(rest, text);
    } else if (table == "recordings") {
      recordings[rest] = text;
    } else if (table == "printed") {
      Options one = {Option(rest, variants[rest].printed, "")};
      set_option(one[0], text, where);
    } else {
      auto all = options();
      set_option(find_option(all, key, where), text, where);
    }
  }
};

/// Paths in the file are relative to it, those of the command line to where it was typed.
void place_recordings(Reading& reading, const fs::path& path, const Changes& changes) {
  std::map<std::string, fs::path> places;
  for (const auto& [name, file] : reading.recordings) {
    places[name] = file.empty() ? fs::path() : path.parent_path() / file;
  }
  fs::path whole;
  if (!reading.recording.empty()) whole = path.parent_path() / reading.recording;
  for (const auto& given : changes.recordings) {
    const auto equals = given.find('=');
    const auto name = given.substr(0, equals);
    if (equals != std::string::npos && places.contains(name)) {
      places[name] = given.substr(equals + 1);
    } else {
      whole = given;
    }
  }
  for (auto& [name, variant] : reading.variants) {
    const auto named = reading.named.find(name);
    if (named == reading.named.end()) {
      variant.recording = whole;
    } else if (places.contains(named->second)) {
      variant.recording = places[named->second];
    } else {
      throw Error(path,
                  concat("variant '", name, "' names the recording '", named->second,
                         "', which is not in [recordings]"),
                  "Add it there");
    }
    if (!variant.recording.empty() || !changes.needs_recordings) continue;
    if (named != reading.named.end()) {
      throw Error(path, concat("names no file for the recording '", named->second, "'"),
                  concat("Name it (--recording ", named->second, "=FILE)"));
    }
    throw Error(path, "names no recording", "Add recording = \"FILE\", or name it (--recording)");
  }
}

void check_paper(const StudyPlan& plan, const fs::path& path) {
  const auto& paper = plan.paper;
  if (paper.rows.size() != paper.metrics.size()) {
    throw Error(path,
                concat("paper.rows has ", paper.rows.size(), " names and paper.metrics ",
                       paper.metrics.size()),
                "Give each row its metric, or \"-\"");
  }
  for (const auto& variant : plan.variants) {
    if (variant.printed.empty() || variant.printed.size() == paper.rows.size()) continue;
    throw Error(path,
                concat("printed.", variant.name, " has ", variant.printed.size(), " numbers for ",
                       paper.rows.size(), " rows"),
                "Give each row of paper.rows one");
  }
}

}  // namespace

StudyPlan StudyPlan::read(const fs::path& path, const Changes& changes) {
  const Config file = Config::read(path);
  Reading reading;
  for (const auto& [key, text, where] : file.entries()) reading.take(key, text, where);
  const auto order = file.tables("variants");
  if (order.empty()) {
    throw Error(path, "has no variants", "Add a table for each, such as [variants.full]");
  }
  for (const auto& [name, variant] : reading.variants) {
    if (std::find(order.begin(), order.end(), name) != order.end()) continue;
    throw Error(path, concat("printed.", name, " is of no variant"), suggestion(name, order));
  }
  for (const auto& name : order) reading.variants[name].name = name;
  place_recordings(reading, path, changes);

  auto& plan = reading.plan;
  if (changes.small) {
    if (reading.small.empty()) {
      throw Error(path, "has no small form", "Run it without --small");
    }
    plan.shared.insert(plan.shared.end(), reading.small.begin(), reading.small.end());
  }
  plan.shared.insert(plan.shared.end(), changes.settings.begin(), changes.settings.end());
  if (!changes.seeds.empty()) plan.seeds = changes.seeds;
  if (plan.seeds.empty()) throw Error(path, "has no seeds", "Add seeds = [1, 2, 3]");
  const auto& config = changes.config.empty() ? reading.config : changes.config;
  for (const auto& name : order) {
    Variant variant = reading.variants.at(name);
    if (variant.config.empty()) variant.config = config;
    if (variant.config.empty()) {
      throw Error(path, concat("variant '", name, "' has no configuration"),
                  "Add config = \"NAME\" above the variants");
    }
    const fs::path beside = path.parent_path() / variant.config;
    if (fs::is_regular_file(beside)) variant.config = beside.string();
    plan.variants.push_back(std::move(variant));
  }
  check_paper(plan, path);
  return plan;
}

}  // namespace afterimage
