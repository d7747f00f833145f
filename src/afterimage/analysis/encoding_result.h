#pragma once

#include <optional>

#include "afterimage/analysis/result.h"
#include "afterimage/encoding/encoding_model.h"
#include "afterimage/encoding/encoding_scores.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// R2 of an encoding model as tables (by area, by sensor), a chart and an array: bins averaged.
/// `test`: how it predicts other stimuli, where there are any.
AnalysisResult encoding_result(const EncodingModel& model, const RecordingInfo& info,
                               const std::optional<EncodingScores>& test);

}  // namespace afterimage
