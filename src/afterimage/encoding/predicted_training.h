#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/encoding/predicted_options.h"
#include "afterimage/encoding/predicted_trials.h"
#include "afterimage/networks/find_weights.h"

namespace afterimage {

/// The samples a decoder learns from, predicted ones included: fits the encoding model to the real
/// ones and chooses how many predicted ones there are. For that, an encoding model and linear
/// decoders are fitted to four fifths of the photographs, and judged on the real responses to the
/// last fifth; unless predicted trials help there by more than a standard error over photographs,
/// there are none.
class PredictedTraining {
 public:
  /// `train` must outlive it; `others` is what the images must not show. Errors: as
  /// EncodingModel::fit and FolderCrops have them.
  PredictedTraining(const SampleSource& train, const Sensors& sensors,
                    const PredictedOptions& options, const OtherStimuli& others,
                    int64_t memory_limit, const RunContext& run);

  const SampleSource& source() const;
  /// How many, from which images, with which noise; R2 of the encoding model; what was tried.
  const nlohmann::json& card() const { return card_; }
  /// The network the encoding model reads, where predicted trials are used and it does.
  std::optional<PretrainedWeights> pretrained() const;

 private:
  int64_t chosen_count(const SampleSource& train, const OtherStimuli& others);
  std::unique_ptr<FurtherImages> further_images(const SampleSource& samples, int64_t count,
                                                const OtherStimuli& others,
                                                const RunContext& run) const;

  const SampleSource& train_;
  Sensors sensors_;
  PredictedOptions options_;
  int64_t memory_limit_;
  RunContext run_;
  nlohmann::json card_;
  std::unique_ptr<EncodingModel> encoder_;
  std::unique_ptr<FurtherImages> further_;
  std::unique_ptr<PredictedTrials> trials_;
};

}  // namespace afterimage
