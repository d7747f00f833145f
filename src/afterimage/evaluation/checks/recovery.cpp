#include <tuple>

#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"

namespace afterimage {
namespace {

/// What the decoder was given that it should do well with.
struct Clean {
  std::unique_ptr<Identification> shown;
  bool exact = true;  ///< without noise; else predicted by an encoding model

  std::string text() const { return exact ? "responses without noise" : "predicted responses"; }
};

void judge(CheckResult& result, const Clean& clean, const Identification& recorded) {
  const auto& mean = clean.shown->mean;
  const auto worse = clean.exact ? Verdict::fail : Verdict::look;
  if (undecided(mean)) {
    result.verdict = Verdict::look;
    result.meaning = "There are too few images to say whether that is better than chance (.5)";
  } else if (!(mean.low > 0.5)) {
    result.verdict = worse;
    result.meaning = clean.exact
                         ? "The decoder cannot show what was seen even from perfect responses: "
                           "what it scores has another cause"
                         : "Either the encoding model or the decoder knows nothing of the images: "
                           "look at the encoder's R2 before believing the scores";
  } else if (recorded.mean.low > mean.high) {
    result.verdict = worse;
    result.meaning = clean.exact
                         ? "It does better with noise than without, which only a decoder that "
                           "knows these trials can"
                         : "It does better with what was recorded: responses hold more than the "
                           "encoding model predicts, or the decoder knows these trials";
  } else if (mean.mean < kWellAboveChance) {
    result.verdict = Verdict::look;
    result.meaning = clean.exact ? "The decoder, not the noise, limits the scores"
                                 : "The decoder or the encoding model, not the noise, limits the "
                                   "scores";
  } else {
    result.meaning = "The decoder can show what was seen; noise takes the rest";
  }
}

CheckResult recovery(CheckData& data, size_t decoder) {
  Clean clean{data.probe(decoder, "recovery")};
  if (clean.shown == nullptr) clean = {data.probe(decoder, "predicted"), /*exact=*/false};
  if (clean.shown == nullptr) {
    return not_checked("There are no noise-free responses to give the decoder",
                       "Simulated recordings have them; of others an encoding model predicts them "
                       "(reconstruct again with --encoder)");
  }
  if (data.stimuli().count() < 2) {
    return not_checked("There is one image, which nothing can be told from", "Reconstruct more");
  }
  const auto& noisy = data.identification(decoder);
  const auto& [mean, pixels] = std::tie(clean.shown->mean, clean.shown->pixels);
  const std::string how = clean.exact ? " without noise" : " of predicted responses";
  CheckResult result;
  result.figures = {{"2-way identification" + how, mean.mean},
                    {"low", mean.low},
                    {"high", mean.high},
                    {"2-way identification", noisy.mean.mean},
                    {"pixel correlation" + how, pixels.mean},
                    {"pixel correlation", noisy.pixels.mean}};
  result.found = concat("From ", clean.text(), " the image is identified in ", estimate_text(mean),
                        " (2-way) with a pixel correlation of ", decimals(pixels.mean),
                        "; from those recorded in ", decimals(noisy.mean.mean), " and ",
                        decimals(noisy.pixels.mean));
  judge(result, clean, noisy);
  return result;
}

}  // namespace

Check recovery_check() {
  return {
      "recovery",
      "Recovery",
      "decoders whose generator cannot show the images whatever the responses; such as know the "
      "test trials themselves",
      "real recordings without an encoding model of them, and with one what that does not predict",
      "Shirakawa et al. 2024",
      recovery};
}

}  // namespace afterimage
