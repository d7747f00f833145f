#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "afterimage/decoders/decoder.h"

namespace afterimage {

/// What a decoder was built for, as JSON (model.json). Numbers that are NaN become null.
nlohmann::json to_json(const DecoderInput& input);
DecoderInput decoder_input_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace afterimage
