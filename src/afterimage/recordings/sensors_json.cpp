#include "afterimage/recordings/sensors_json.h"

#include "afterimage/base/json_number.h"

namespace afterimage {

using nlohmann::json;

json to_json(const Sensors& sensors) {
  return {{"name", sensors.name},
          {"roi", sensors.roi},
          {"array", sensors.array},
          {"x", json_numbers(sensors.x)},
          {"y", json_numbers(sensors.y)},
          {"size", json_numbers(sensors.size)},
          {"reliability", json_numbers(sensors.reliability)}};
}

json to_json(const std::vector<Bin>& bins) {
  std::vector<double> start, stop;
  for (const auto& bin : bins) {
    start.push_back(bin.start_ms);
    stop.push_back(bin.stop_ms);
  }
  return {{"start_ms", json_numbers(start)}, {"stop_ms", json_numbers(stop)}};
}

Sensors sensors_from_json(const json& card) {
  return {card.at("name"),
          card.at("roi"),
          card.at("array"),
          numbers_from(card.at("x")),
          numbers_from(card.at("y")),
          numbers_from(card.at("size")),
          numbers_from(card.at("reliability"))};
}

std::vector<Bin> bins_from_json(const json& card) {
  const auto start = numbers_from(card.at("start_ms")), stop = numbers_from(card.at("stop_ms"));
  std::vector<Bin> bins;
  for (size_t i = 0; i < start.size(); ++i) bins.push_back({start[i], stop.at(i)});
  return bins;
}

}  // namespace afterimage
