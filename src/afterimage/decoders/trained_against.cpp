#include "afterimage/decoders/trained_against.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/decoders/decoder.h"

namespace afterimage {

using nlohmann::json;

std::vector<Judge> judges(const std::vector<PretrainedWeights>& networks) {
  std::vector<Judge> list;
  for (const auto& [network, file, hash] : networks) list.push_back({network, file, hash});
  return list;
}

std::vector<Judge> objective_judges(const Decoder& decoder) {
  std::vector<Judge> list;
  for (const auto& metric : decoder.objective_metrics()) list.push_back({.metric = metric});
  return list;
}

json trained_against_json(const TrainedAgainst& judges) {
  if (!judges) return nullptr;
  json list = json::array();
  for (const auto& [network, file, hash, metric] : *judges) {
    list.push_back(metric.empty() ? json{{"network", network}, {"file", file}, {"sha256", hash}}
                                  : json{{"metric", metric}});
  }
  return list;
}

TrainedAgainst trained_against_from(const json& list, const std::string& where) {
  if (list.is_null()) return std::nullopt;
  std::vector<Judge> judges;
  try {
    for (const auto& entry : list) {
      judges.push_back(entry.contains("metric")
                           ? Judge{.metric = entry["metric"].get<std::string>()}
                           : Judge{entry.at("network").get<std::string>(), entry.value("file", ""),
                                   entry.value("sha256", "")});
    }
  } catch (const json::exception&) {
    throw Error(where, "does not list what it was trained against as Afterimage does",
                "The file was changed or is damaged");
  }
  return judges;
}

TrainedAgainst both(const TrainedAgainst& first, const TrainedAgainst& second) {
  if (!first || !second) return std::nullopt;
  auto all = *first;
  for (const auto& other : *second) {
    const bool there = std::any_of(all.begin(), all.end(), [&](const Judge& one) {
      return one.network == other.network && one.sha256 == other.sha256 &&
             one.metric == other.metric;
    });
    if (!there) all.push_back(other);
  }
  return all;
}

TrainedAgainst control_trained_against(const std::string& control, const TrainedAgainst& decoder) {
  const auto& table = decoder_table();
  const auto own = std::find_if(table.begin(), table.end(),
                                [&](const DecoderEntry& entry) { return entry.name == control; });
  if (own == table.end()) return decoder;
  const auto made = own->make();
  return both(judges(made->pretrained()), objective_judges(*made));
}

}  // namespace afterimage
