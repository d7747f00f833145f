#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"

namespace afterimage {
namespace {

CheckResult recovery(CheckData& data, size_t decoder) {
  const auto clean = data.probe(decoder, "recovery");
  if (clean == nullptr) {
    return not_checked("There are no noise-free responses to give the decoder",
                       "Simulated recordings have them; older reconstructions were made without "
                       "(reconstruct again)");
  }
  if (data.stimuli().count() < 2) {
    return not_checked("There is one image, which nothing can be told from", "Reconstruct more");
  }
  const auto& noisy = data.identification(decoder);
  CheckResult result;
  result.figures = {{"2-way identification without noise", clean->mean.mean},
                    {"low", clean->mean.low},
                    {"high", clean->mean.high},
                    {"2-way identification", noisy.mean.mean},
                    {"pixel correlation without noise", clean->pixels.mean},
                    {"pixel correlation", noisy.pixels.mean}};
  result.found = concat("From responses without noise the image is identified in ",
                        estimate_text(clean->mean), " (2-way) with a pixel correlation of ",
                        decimals(clean->pixels.mean), "; from those recorded in ",
                        decimals(noisy.mean.mean), " and ", decimals(noisy.pixels.mean));
  if (undecided(clean->mean)) {
    result.verdict = Verdict::look;
    result.meaning = "There are too few images to say whether that is better than chance (.5)";
  } else if (!(clean->mean.low > 0.5)) {
    result.verdict = Verdict::fail;
    result.meaning =
        "The decoder cannot show what was seen even from perfect responses: what it "
        "scores has another cause";
  } else if (noisy.mean.low > clean->mean.high) {
    result.verdict = Verdict::fail;
    result.meaning =
        "It does better with noise than without, which only a decoder that knows these "
        "trials can";
  } else if (clean->mean.mean < kWellAboveChance) {
    result.verdict = Verdict::look;
    result.meaning = "The decoder, not the noise, limits the scores";
  } else {
    result.meaning = "The decoder can show what was seen; noise takes the rest";
  }
  return result;
}

}  // namespace

Check recovery_check() {
  return {
      "recovery",
      "Recovery",
      "decoders whose generator cannot show the images whatever the responses; such as know the "
      "test trials themselves",
      "real recordings, whose noise-free responses nobody knows",
      "Shirakawa et al. 2024",
      recovery};
}

}  // namespace afterimage
