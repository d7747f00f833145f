#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/networks/find_weights.h"

namespace afterimage {

/// The pretrained networks a decoder was fitted or chosen by, of which a score is no evidence:
/// empty, it was trained against none; nothing, nobody knows (files of before).
using TrainedAgainst = std::optional<std::vector<PretrainedWeights>>;

/// [{"network", "file", "sha256"}]; null = unknown.
nlohmann::json trained_against_json(const TrainedAgainst& networks);

/// Errors at `where`: neither null nor such a list.
TrainedAgainst trained_against_from(const nlohmann::json& json, const std::string& where);

/// What two fits were trained against together: each network once, unknown where one of them is.
TrainedAgainst both(const TrainedAgainst& first, const TrainedAgainst& second);

/// What the control called `control` was trained against: its own networks where it is a decoder
/// by itself (ridge), those of `decoder` where it is that decoder given something else (shuffled
/// responses).
TrainedAgainst control_trained_against(const std::string& control, const TrainedAgainst& decoder);

}  // namespace afterimage
