#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/networks/find_weights.h"

namespace afterimage {

class Decoder;

/// What a decoder was fitted or chosen by: a pretrained network, or a metric itself.
struct Judge {
  std::string network = {}, file = {}, sha256 = {};  ///< its weights
  std::string metric = {};                           ///< "ssim"
};

/// Those of which a score is no evidence: empty, it was trained against none; nothing, nobody knows
/// (files of before).
using TrainedAgainst = std::optional<std::vector<Judge>>;

std::vector<Judge> judges(const std::vector<PretrainedWeights>& networks);
/// The metrics that a decoder of these options is fitted or chosen by.
std::vector<Judge> objective_judges(const Decoder& decoder);

/// [{"network", "file", "sha256"} or {"metric"}]; null = unknown.
nlohmann::json trained_against_json(const TrainedAgainst& judges);

/// Errors at `where`: neither null nor such a list.
TrainedAgainst trained_against_from(const nlohmann::json& json, const std::string& where);

/// What two fits were trained against together: each judge once, unknown where one of them is.
TrainedAgainst both(const TrainedAgainst& first, const TrainedAgainst& second);

/// What the control called `control` was trained against: its own judges where it is a decoder by
/// itself (ridge), those of `decoder` where it is that decoder given something else (shuffled
/// responses).
TrainedAgainst control_trained_against(const std::string& control, const TrainedAgainst& decoder);

}  // namespace afterimage
