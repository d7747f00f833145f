#include "afterimage/evaluation/scores.h"

#include <set>
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/evidence.h"
#include "afterimage/evaluation/statistics.h"
#include "afterimage/formats/csv.h"

namespace afterimage {
namespace {

constexpr const char* kFormat = "afterimage-scores";
constexpr int kVersion = 1;

using Json = nlohmann::json;

Json optional_json(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

std::optional<double> optional_from(const Json& json, const char* key) {
  const auto number = json.value(key, Json());
  return number.is_null() ? std::nullopt : std::optional(number.get<double>());
}

Json ceiling_json(const Ceiling& ceiling, int64_t images) {
  return {{"true_images", optional_json(ceiling.true_images)},
          {"noise_free", optional_json(ceiling.noise_free)},
          {"predicted", optional_json(ceiling.predicted)},
          {"repeats", optional_json(ceiling.repeats)},
          {"halves", optional_json(ceiling.halves)},
          {"images", ceiling.images > 0 ? ceiling.images : images}};
}

Ceiling ceiling_from(const Json& json) {
  if (json.is_null()) return {};
  return {.true_images = optional_from(json, "true_images"),
          .halves = optional_from(json, "halves"),
          .repeats = optional_from(json, "repeats"),
          .noise_free = optional_from(json, "noise_free"),
          .predicted = optional_from(json, "predicted"),
          .images = json.value("images", int64_t{0})};
}

Json score_json(const Score& score, int64_t stimuli) {
  Json json = {{"metric", score.metric}};
  if (!score.not_computed.empty()) {
    json["value"] = nullptr;
    json["not_computed"] = score.not_computed;
    return json;
  }
  json["value"] = score.value;
  if (score.low && score.high) json["interval"] = {*score.low, *score.high};
  if (!score.per_image.empty()) json["per_image"] = score.per_image;
  if (score.ceiling.any()) json["ceiling"] = ceiling_json(score.ceiling, stimuli);
  if (!score.network.empty()) json["network"] = score.network;
  for (const auto& area : score.areas) {
    json["areas"].push_back({{"area", area.area},
                             {"sensors", area.sensors},
                             {"value", area.value},
                             {"ceiling", ceiling_json(area.ceiling, stimuli)}});
  }
  return json;
}

Score score_from(const Json& json) {
  Score score;
  score.metric = json.at("metric").get<std::string>();
  score.not_computed = json.value("not_computed", "");
  if (!score.not_computed.empty()) return score;
  score.value = json.at("value").get<double>();
  score.per_image = json.value("per_image", std::vector<double>{});
  if (json.contains("interval")) {
    score.low = json.at("interval").at(0).get<double>();
    score.high = json.at("interval").at(1).get<double>();
  }
  score.ceiling = ceiling_from(json.value("ceiling", Json()));
  score.network = json.value("network", "");
  for (const auto& area : json.value("areas", Json::array())) {
    score.areas.push_back({area.at("area").get<std::string>(), area.at("sensors").get<int64_t>(),
                           area.at("value").get<double>(),
                           ceiling_from(area.value("ceiling", Json()))});
  }
  return score;
}

Json comparison_json(const Comparison& c) {
  return {{"first", c.first},
          {"second", c.second},
          {"metric", c.metric},
          {"difference", c.difference},
          {"interval", {c.low, c.high}},
          {"p", c.p},
          {"q", c.q}};
}

Comparison comparison_from(const Json& json) {
  return {json.at("first").get<std::string>(),
          json.at("second").get<std::string>(),
          json.at("metric").get<std::string>(),
          json.at("difference").get<double>(),
          json.at("interval").at(0).get<double>(),
          json.at("interval").at(1).get<double>(),
          json.at("p").get<double>(),
          json.at("q").get<double>()};
}

/// What the names of the metrics in this file mean, for who reads it without this program.
Json definitions(const std::vector<ScoredImages>& sets, int64_t stimuli) {
  Json json = Json::array();
  if (sets.empty()) return json;
  for (const auto& score : sets.front().scores) {
    const auto& metric = *find_metrics({score.metric}).front();
    json.push_back({{"name", metric.name},
                    {"label", metric.label},
                    {"definition", metric.definition},
                    {"source", metric.source},
                    {"network", metric.network.empty() ? Json(nullptr) : Json(metric.network)},
                    {"higher_is_better", metric.higher_is_better},
                    {"chance", metric.chance ? Json(metric.chance(stimuli)) : Json(nullptr)}});
  }
  return json;
}

Json set_json(const ScoredImages& set, int64_t stimuli) {
  Json scores = Json::array();
  for (const auto& score : set.scores) {
    scores.push_back(score_json(score, stimuli));
    const auto kind = evidence(set, score.metric);
    scores.back()["trained_against"] =
        kind == Evidence::unknown ? Json(nullptr) : Json(kind == Evidence::trained_against);
  }
  Json json = {{"name", set.name},
               {"control", set.control},
               {"trained_against", trained_against_json(set.trained_against)},
               {"scores", scores}};
  if (!set.configuration.empty()) json["configuration"] = set.configuration;
  if (set.seed) json["seed"] = *set.seed;
  return json;
}

ScoredImages set_from(const Json& json, size_t images, const std::string& where) {
  ScoredImages set{json.at("name").get<std::string>(), json.at("control").get<bool>(), {}};
  set.trained_against = trained_against_from(json.value("trained_against", Json()), where);
  set.configuration = json.value("configuration", "");
  if (json.contains("seed")) set.seed = json["seed"].get<int64_t>();
  for (const auto& entry : json.at("scores")) {
    set.scores.push_back(score_from(entry));
    const auto& score = set.scores.back();
    if (score.per_image.empty() || score.per_image.size() == images) continue;
    throw Error(where,
                concat("'", set.name, "', ", score.metric, ": ", score.per_image.size(),
                       " values for ", images, " images"),
                "Make the scores again with 'afterimage evaluate'");
  }
  return set;
}

Scores read_parts(const Json& json, const std::string& where) {
  Scores scores;
  scores.split = json.at("split").get<std::string>();
  scores.provenance = json.at("provenance");
  if (json.contains("image_size")) {
    scores.height = json["image_size"].at(0).get<int64_t>();
    scores.width = json["image_size"].at(1).get<int64_t>();
  }
  for (const auto& image : json.at("images")) {
    scores.stimulus.push_back(image.at("stimulus").get<int64_t>());
    scores.stimulus_name.push_back(image.at("name").get<std::string>());
    if (!image.contains("sha256")) continue;
    scores.stimulus_sha256.push_back(image["sha256"].get<std::string>());
  }
  if (!scores.stimulus_sha256.empty() && scores.stimulus_sha256.size() != scores.stimulus.size()) {
    throw Error(where, "some of its images have no sha256", "Make the scores again");
  }
  const std::set<int64_t> different(scores.stimulus.begin(), scores.stimulus.end());
  scores.stimuli = json.value("stimuli", std::ssize(different));
  for (const auto& pair : json.value("leakage", Json::array())) {
    scores.leakage.push_back(SharedStimuli::from_json(pair));
  }
  for (const auto& set : json.at("sets")) {
    scores.sets.push_back(set_from(set, scores.stimulus.size(), where));
  }
  scores.human = json.value("human", Json());
  for (const auto& comparison : json.at("comparisons")) {
    scores.comparisons.push_back(comparison_from(comparison));
  }
  for (const auto& check : json.value("checks", Json::array())) {
    scores.checks.push_back(CheckResult::from_json(check));
  }
  return scores;
}

std::string yes_or_no(bool yes) { return yes ? "yes" : "no"; }

std::string optional_text(const std::optional<double>& number) {
  return number ? number_text(*number) : "";
}

}  // namespace

Json Scores::to_json() const {
  Json json = {{"format", kFormat},
               {"version", kVersion},
               {"split", split},
               {"image_size", {height, width}},
               {"stimuli", stimuli},
               {"images", Json::array()},
               {"leakage", Json::array()},
               {"metrics", definitions(sets, stimuli)},
               {"statistics", {{"interval", kIntervalText}, {"p", kTestText}}},
               {"sets", Json::array()},
               {"comparisons", Json::array()},
               {"checks", Json::array()},
               {"summary", Json::array()},
               {"provenance", provenance}};
  const auto repeat = count_repeats(stimulus);
  for (size_t i = 0; i < stimulus.size(); ++i) {
    Json image = {{"stimulus", stimulus[i]}, {"repeat", repeat[i]}, {"name", stimulus_name[i]}};
    if (!stimulus_sha256.empty()) image["sha256"] = stimulus_sha256[i];
    json["images"].push_back(std::move(image));
  }
  for (const auto& pair : leakage) json["leakage"].push_back(pair.to_json());
  for (const auto& set : sets) json["sets"].push_back(set_json(set, stimuli));
  for (const auto& c : comparisons) json["comparisons"].push_back(comparison_json(c));
  for (const auto& check : checks) json["checks"].push_back(check.to_json());
  for (const auto& standing : standings(*this)) json["summary"].push_back(standing.to_json());
  if (!human.is_null()) json["human"] = human;
  return json;
}

Scores Scores::from_json(const Json& json, const std::string& where) {
  if (!json.is_object() || json.value("format", Json()) != kFormat) {
    throw Error(where, "holds no scores", "Make them with 'afterimage evaluate'");
  }
  if (json.value("version", Json()) != kVersion) {
    throw Error(where, "has version " + json.value("version", Json()).dump() + " of the scores",
                concat("This program reads version ", kVersion));
  }
  try {
    return read_parts(json, where);
  } catch (const Json::exception& problem) {
    throw Error(where, concat("is not as 'afterimage evaluate' writes it (", problem.what(), ")"),
                "Make the scores again");
  }
}

std::string Scores::to_csv() const {
  std::string csv =
      "set,control,metric,value,low,high,not_computed,trained_against,area,true_images,noise_free,"
      "predicted,repeats,halves\n";
  const auto row = [&](std::vector<std::string> cells, const std::string& area,
                       const Ceiling& ceiling) {
    cells.push_back(area);
    for (const auto& number : {ceiling.true_images, ceiling.noise_free, ceiling.predicted,
                               ceiling.repeats, ceiling.halves}) {
      cells.push_back(optional_text(number));
    }
    csv += csv_row(cells);
  };
  for (const auto& set : sets) {
    for (const auto& score : set.scores) {
      const auto value = score.not_computed.empty() ? number_text(score.value) : "";
      const auto marked = evidence_text(evidence(set, score.metric));
      row({set.name, yes_or_no(set.control), score.metric, value, optional_text(score.low),
           optional_text(score.high), score.not_computed, marked},
          "", score.ceiling);
      for (const auto& area : score.areas) {
        row({set.name, yes_or_no(set.control), score.metric, number_text(area.value), "", "", "",
             marked},
            area.area, area.ceiling);
      }
    }
  }
  return csv;
}

std::string Scores::images_to_csv() const {
  std::string csv = "set,control,metric,stimulus,repeat,name,value\n";
  const auto repeat = count_repeats(stimulus);
  for (const auto& set : sets) {
    for (const auto& score : set.scores) {
      for (size_t i = 0; i < score.per_image.size(); ++i) {
        csv +=
            csv_row({set.name, yes_or_no(set.control), score.metric, std::to_string(stimulus[i]),
                     std::to_string(repeat[i]), stimulus_name[i], number_text(score.per_image[i])});
      }
    }
  }
  return csv;
}

void check_scores(const Scores& scores, const Reconstruction& reconstruction) {
  const auto &ours = scores.stimulus_sha256, &theirs = reconstruction.stimulus_sha256;
  const bool same_pixels = ours.empty() || theirs.empty() || ours == theirs;
  if (scores.stimulus == reconstruction.stimulus && same_pixels) return;
  throw Error(reconstruction.name, "the scores are of other images than the reconstructions",
              "Evaluate these reconstructions and report them with those scores");
}

}  // namespace afterimage
