#include "afterimage/evaluation/scores.h"

#include "afterimage/base/error.h"
#include "afterimage/base/json_number.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"

namespace afterimage {
namespace {

constexpr const char* kFormat = "afterimage-scores";
constexpr int kVersion = 1;

using Json = nlohmann::json;

Json score_json(const Score& score) {
  Json json = {{"metric", score.metric}};
  if (!score.not_computed.empty()) {
    json["value"] = nullptr;
    json["not_computed"] = score.not_computed;
    return json;
  }
  json["value"] = score.value;
  if (score.low && score.high) json["interval"] = {*score.low, *score.high};
  if (!score.per_image.empty()) json["per_image"] = score.per_image;
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
Json definitions(const std::vector<ScoredImages>& sets) {
  Json json = Json::array();
  if (sets.empty()) return json;
  for (const auto& score : sets.front().scores) {
    const auto& metric = *find_metrics({score.metric}).front();
    json.push_back({{"name", metric.name},
                    {"label", metric.label},
                    {"definition", metric.definition},
                    {"source", metric.source},
                    {"higher_is_better", metric.higher_is_better},
                    {"chance", json_number(metric.chance)}});
  }
  return json;
}

ScoredImages set_from(const Json& json, size_t images, const std::string& where) {
  ScoredImages set{json.at("name").get<std::string>(), json.at("control").get<bool>(), {}};
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
  for (const auto& image : json.at("images")) {
    scores.stimulus.push_back(image.at("stimulus").get<int64_t>());
    scores.stimulus_name.push_back(image.at("name").get<std::string>());
  }
  for (const auto& set : json.at("sets")) {
    scores.sets.push_back(set_from(set, scores.stimulus.size(), where));
  }
  for (const auto& comparison : json.at("comparisons")) {
    scores.comparisons.push_back(comparison_from(comparison));
  }
  return scores;
}

std::string optional_text(const std::optional<double>& number) {
  return number ? number_text(*number) : "";
}

}  // namespace

Json Scores::to_json() const {
  Json json = {{"format", kFormat},
               {"version", kVersion},
               {"split", split},
               {"images", Json::array()},
               {"metrics", definitions(sets)},
               {"sets", Json::array()},
               {"comparisons", Json::array()},
               {"provenance", provenance}};
  for (size_t i = 0; i < stimulus.size(); ++i) {
    json["images"].push_back({{"stimulus", stimulus[i]}, {"name", stimulus_name[i]}});
  }
  for (const auto& set : sets) {
    Json scores = Json::array();
    for (const auto& score : set.scores) scores.push_back(score_json(score));
    json["sets"].push_back({{"name", set.name}, {"control", set.control}, {"scores", scores}});
  }
  for (const auto& c : comparisons) json["comparisons"].push_back(comparison_json(c));
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
  std::string csv = "set,control,metric,stimulus,name,value,low,high,not_computed\n";
  for (const auto& set : sets) {
    const std::string control = set.control ? "yes" : "no";
    for (const auto& score : set.scores) {
      const auto value = score.not_computed.empty() ? number_text(score.value) : "";
      csv += csv_row({set.name, control, score.metric, "", "", value, optional_text(score.low),
                      optional_text(score.high), score.not_computed});
      for (size_t i = 0; i < score.per_image.size(); ++i) {
        csv += csv_row({set.name, control, score.metric, std::to_string(stimulus[i]),
                        stimulus_name[i], number_text(score.per_image[i]), "", "", ""});
      }
    }
  }
  return csv;
}

}  // namespace afterimage
