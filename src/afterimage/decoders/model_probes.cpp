#include <ATen/Functions.h>

#include <optional>

#include "afterimage/base/batches.h"
#include "afterimage/base/rows.h"
#include "afterimage/decoders/model.h"
#include "afterimage/encoding/encoder.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/simulation/noise_free.h"

namespace afterimage {
namespace {

/// Standardised responses whose mean lies within half a standard deviation of their noise-free ones
/// at most sensors are in the units of the truth; those of a recording that was z-scored since are
/// not.
constexpr double kOtherUnits = 0.5;
constexpr int64_t kCompared = 64;  // trials

/// Responses that an encoding model predicts for stimuli of the recording it was fitted to.
class PredictedInput {
 public:
  PredictedInput(const std::string& folder, const Recording& recording,
                 const std::vector<int64_t>& tested, const std::vector<Bin>& bins,
                 const RunContext& run)
      : recording_(recording), encoder_(Encoder::load(folder, run)) {
    encoder_.check_fits(recording, tested, folder);
    bins_ = find_bins(encoder_.bins, bins, folder);
  }

  /// (stimulus, sensor, bin) float32, in the units of the recording.
  at::Tensor responses(const std::vector<int64_t>& stimuli) const {
    const auto size = encoder_.image_size;
    const auto images = resize_image(recording_.images(stimuli), size, size);
    return select_bins(encoder_.predict(images.to(at::kFloat).div_(255)), bins_).to(at::kFloat);
  }

 private:
  const Recording& recording_;
  Encoder encoder_;
  std::vector<int64_t> bins_;  // of the encoder's, those the model reads
};

}  // namespace

void Model::probe(Reconstruction& result, const Recording& recording,
                  const std::vector<int64_t>& trials, bool average,
                  const std::function<at::Tensor(const at::Tensor&)>& given,
                  const ProbeOptions& options, int64_t batch, const RunContext& run,
                  const std::string& encoder) {
  const auto part = [&](bool averaged) {
    return samples(recording, trials, averaged, /*memory_limit=*/0);
  };
  const Samples test = part(average), single = part(false);
  ProbeInput input{test, single, {}, {}, given};
  const auto bins = find_bins(recording.info().bins, input_.bins, recording.path().string());
  const auto noise_free = [&](const std::vector<int64_t>& rows) {
    std::vector<int64_t> wanted, block;
    for (const auto row : rows) {
      wanted.push_back(trials[static_cast<size_t>(row)]);
      block.push_back(recording.info().trials.block[static_cast<size_t>(wanted.back())]);
    }
    return normalisation_.apply(noise_free_responses(recording, wanted, bins), block);
  };
  if (has_noise_free(recording, trials)) {
    const auto some = all_rows(std::min(kCompared, single.count()));
    const auto off = (single.responses(some) - noise_free(some)).mean(0).abs();
    if (off.median().item().toDouble() < kOtherUnits) input.noise_free = noise_free;
  }
  std::optional<PredictedInput> predicted;
  if (!encoder.empty()) {
    predicted.emplace(encoder, recording, result.stimulus, input_.bins, run);
    if (input.noise_free) {
      run.say("the recording knows its responses without noise: the encoder is not needed");
    }
    input.predicted = [&](const std::vector<int64_t>& rows) {
      return standardise(predicted->responses(picked(single.stimulus(), rows)), {});
    };
  }
  add_probes(result, *decoder_, input, options, batch, run);
}

}  // namespace afterimage
