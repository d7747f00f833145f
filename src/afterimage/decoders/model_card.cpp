#include "afterimage/decoders/model_card.h"

#include "afterimage/base/error.h"
#include "afterimage/recordings/sensors_json.h"

namespace afterimage {

using nlohmann::json;

json to_json(const DecoderInput& input) {
  return {{"image_size", input.image_size},
          {"bins", to_json(input.bins)},
          {"sensors", to_json(input.sensors)}};
}

DecoderInput decoder_input_from_json(const json& card, const std::string& where) {
  try {
    return {sensors_from_json(card.at("sensors")), bins_from_json(card.at("bins")),
            card.at("image_size")};
  } catch (const std::exception&) {
    throw Error(where, "does not describe the sensors and bins of a model",
                "Train the model again, or restore the file");
  }
}

}  // namespace afterimage
