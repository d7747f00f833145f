#include "afterimage/decoders/trained_against.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/decoders/decoder.h"

namespace afterimage {

using nlohmann::json;

json trained_against_json(const TrainedAgainst& networks) {
  if (!networks) return nullptr;
  json list = json::array();
  for (const auto& [network, file, hash] : *networks) {
    list.push_back({{"network", network}, {"file", file}, {"sha256", hash}});
  }
  return list;
}

TrainedAgainst trained_against_from(const json& list, const std::string& where) {
  if (list.is_null()) return std::nullopt;
  std::vector<PretrainedWeights> networks;
  try {
    for (const auto& entry : list) {
      networks.push_back({entry.at("network").get<std::string>(), entry.value("file", ""),
                          entry.value("sha256", "")});
    }
  } catch (const json::exception&) {
    throw Error(where, "does not list the networks it was trained against as Afterimage does",
                "The file was changed or is damaged");
  }
  return networks;
}

TrainedAgainst both(const TrainedAgainst& first, const TrainedAgainst& second) {
  if (!first || !second) return std::nullopt;
  auto all = *first;
  for (const auto& other : *second) {
    const bool there = std::any_of(all.begin(), all.end(), [&](const PretrainedWeights& one) {
      return one.network == other.network && one.sha256 == other.sha256;
    });
    if (!there) all.push_back(other);
  }
  return all;
}

TrainedAgainst control_trained_against(const std::string& control, const TrainedAgainst& decoder) {
  const auto& table = decoder_table();
  const auto own = std::find_if(table.begin(), table.end(),
                                [&](const DecoderEntry& entry) { return entry.name == control; });
  return own == table.end() ? decoder : TrainedAgainst(own->make()->pretrained());
}

}  // namespace afterimage
