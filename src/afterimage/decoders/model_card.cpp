#include "afterimage/decoders/model_card.h"

#include "afterimage/base/error.h"
#include "afterimage/base/json_number.h"

namespace afterimage {

using nlohmann::json;

json to_json(const DecoderInput& input) {
  const Sensors& s = input.sensors;
  std::vector<double> start, stop;
  for (const auto& bin : input.bins) {
    start.push_back(bin.start_ms);
    stop.push_back(bin.stop_ms);
  }
  return {{"image_size", input.image_size},
          {"bins", {{"start_ms", json_numbers(start)}, {"stop_ms", json_numbers(stop)}}},
          {"sensors",
           {{"name", s.name},
            {"roi", s.roi},
            {"array", s.array},
            {"x", json_numbers(s.x)},
            {"y", json_numbers(s.y)},
            {"size", json_numbers(s.size)},
            {"reliability", json_numbers(s.reliability)}}}};
}

DecoderInput decoder_input_from_json(const json& card, const std::string& where) {
  try {
    DecoderInput input;
    input.image_size = card.at("image_size");
    const auto start = numbers_from(card.at("bins").at("start_ms"));
    const auto stop = numbers_from(card.at("bins").at("stop_ms"));
    for (size_t i = 0; i < start.size(); ++i) input.bins.push_back({start[i], stop.at(i)});
    const json& s = card.at("sensors");
    input.sensors = {s.at("name"),
                     s.at("roi"),
                     s.at("array"),
                     numbers_from(s.at("x")),
                     numbers_from(s.at("y")),
                     numbers_from(s.at("size")),
                     numbers_from(s.at("reliability"))};
    return input;
  } catch (const std::exception&) {
    throw Error(where, "does not describe the sensors and bins of a model",
                "Train the model again, or restore the file");
  }
}

}  // namespace afterimage
