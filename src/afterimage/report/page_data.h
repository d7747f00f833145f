#pragma once

#include <nlohmann/json_fwd.hpp>

#include "afterimage/report/report.h"

namespace afterimage {

/// Six significant digits: more than anyone reads, and a third of the bytes. Null when not finite.
nlohmann::json rounded(double value);

/// What the header says: {"lead": one sentence, "facts": [[label, value], ...], "notes": [...]}.
nlohmann::json header_data(const ReportInput& input);

/// The table of images: {"rows": [{"name", "trials"}], "columns": [{"name", "kind", "set",
/// "cells"}], "sprites", "reduced_from"}; null without reconstructions. "kind" is truth, decoder or
/// control; "set" is the column's place among the scored sets, null when it has no scores.
nlohmann::json image_data(const ReportInput& input);

/// {"metrics": [{"name", "label", "definition", "source", "higher", "chance"}], "sets": [{"name",
/// "control", "scores": [{"value", "low", "high", "per_image", "reason", "trained_against",
/// "ceiling" (null or as in scores.json), "areas": [{"area", "sensors", "value", "ceiling"}]}]}],
/// "comparisons": [{"first", "second", "metric", "difference", "low", "high", "p", "q",
/// "trained_against"}], "summary": one line for each pair of sets (evidence.h), "images"};
/// "trained_against" is yes, no or unknown; null without scores.
nlohmann::json score_data(const ReportInput& input);

/// [{"label", "decoder", "verdict", "found", "meaning", "figures": [[name, value]], "rows"}], empty
/// where nobody checked; null without scores.
nlohmann::json check_data(const ReportInput& input);

/// [{"name", "averaged", "step": [...], "series": {loss: [...]}}]. Long logs are thinned: a point
/// is then the mean of "averaged" consecutive lines.
nlohmann::json log_data(const std::vector<TrainingLog>& logs);

}  // namespace afterimage
