#include "afterimage/decoders/model_card.h"

#include <cmath>
#include <limits>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

using nlohmann::json;

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(std::isnan(value) ? json(nullptr) : json(value));
  return list;
}

std::vector<double> numbers(const json& list) {
  std::vector<double> values;
  for (const auto& entry : list) {
    values.push_back(entry.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                     : entry.get<double>());
  }
  return values;
}

}  // namespace

json to_json(const DecoderInput& input) {
  const Sensors& s = input.sensors;
  std::vector<double> start, stop;
  for (const auto& bin : input.bins) {
    start.push_back(bin.start_ms);
    stop.push_back(bin.stop_ms);
  }
  return {{"image_size", input.image_size},
          {"bins", {{"start_ms", numbers(start)}, {"stop_ms", numbers(stop)}}},
          {"sensors",
           {{"name", s.name},
            {"roi", s.roi},
            {"array", s.array},
            {"x", numbers(s.x)},
            {"y", numbers(s.y)},
            {"size", numbers(s.size)},
            {"reliability", numbers(s.reliability)}}}};
}

DecoderInput decoder_input_from_json(const json& card, const std::string& where) {
  try {
    DecoderInput input;
    input.image_size = card.at("image_size");
    const auto start = numbers(card.at("bins").at("start_ms"));
    const auto stop = numbers(card.at("bins").at("stop_ms"));
    for (size_t i = 0; i < start.size(); ++i) input.bins.push_back({start[i], stop.at(i)});
    const json& s = card.at("sensors");
    input.sensors = {s.at("name"),
                     s.at("roi"),
                     s.at("array"),
                     numbers(s.at("x")),
                     numbers(s.at("y")),
                     numbers(s.at("size")),
                     numbers(s.at("reliability"))};
    return input;
  } catch (const std::exception&) {
    throw Error(where, "does not describe the sensors and bins of a model",
                "Train the model again, or restore the file");
  }
}

}  // namespace afterimage
