#include <ATen/ATen.h>

#include <cmath>

#include "afterimage/base/batches.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"
#include "afterimage/evaluation/checks/check_text.h"

namespace afterimage {
namespace {

/// Identification without the right responses: this far above chance, and its interval too, it is
/// no accident of few images.
constexpr double kAboveChance = 0.6;
/// More of the pixel correlation than this is what all photographs have in common.
constexpr double kMostKept = 0.5;

/// What the decoder makes of one kind of responses that say nothing of the image.
struct Null {
  std::string name;
  Identification scores;
};

std::vector<Null> nulls_of(CheckData& data, size_t decoder) {
  std::vector<Null> nulls;
  const auto& made = data.decoder(decoder);
  if (const auto found = made.controls.find("shuffled"); found != made.controls.end()) {
    nulls.push_back({"another image's responses",
                     data.identification(found->second, all_rows(made.images.size(0)))});
  }
  if (const auto found = made.probes.find("zero"); found != made.probes.end()) {
    // One image whatever was seen; of the folds of a cross-validation one each.
    const auto& zero = found->second.images;
    const bool one = zero.size(0) == 1;
    const auto rows = one ? all_rows(made.images.size(0)) : found->second.row;
    const auto images = zero.to(at::kFloat).div(255);
    nulls.push_back(
        {"no responses", data.identification(one ? images.expand_as(made.images) : images, rows)});
  }
  if (auto noise = data.probe(decoder, "noise")) nulls.push_back({"noise", std::move(*noise)});
  return nulls;
}

CheckResult null_inputs(CheckData& data, size_t decoder) {
  const auto nulls = nulls_of(data, decoder);
  if (nulls.empty()) {
    return not_checked(
        "The reconstruction holds nothing made of shuffled, absent or random "
        "responses",
        "Reconstruct again, with the control shuffled and with probes");
  }
  const auto& own = data.identification(decoder);
  CheckResult result;
  result.figures = {{"2-way identification", own.mean.mean},
                    {"pixel correlation", own.pixels.mean}};
  std::vector<std::string> texts;
  double most_kept = 0;
  const bool correlates = own.pixels.low > 0;  // else there is nothing to keep
  std::string identifies;
  for (const auto& null : nulls) {
    const double kept = correlates ? std::max(0.0, null.scores.pixels.mean) / own.pixels.mean : NAN;
    if (correlates) most_kept = std::max(most_kept, kept);
    result.figures[concat("2-way identification, ", null.name)] = null.scores.mean.mean;
    result.figures[concat("share of the pixel correlation kept, ", null.name)] = kept;
    texts.push_back(concat(null.name, ": ", correlates ? percent(kept) : "-", ", ",
                           decimals(null.scores.mean.mean)));
    if (null.scores.mean.mean > kAboveChance && null.scores.mean.low > 0.5) identifies = null.name;
  }
  result.found =
      concat("Kept of the pixel correlation (", decimals(own.pixels.mean), ") and identified (of ",
             decimals(own.mean.mean), ", chance .5) from ", join(texts, "; "));
  if (!identifies.empty()) {
    result.verdict = Verdict::fail;
    result.meaning = concat("Images are identified from ", identifies,
                            ", which say nothing of them: something else tells the decoder or the "
                            "evaluation");
  } else if (!correlates) {
    result.verdict = Verdict::look;
    result.meaning = "The pixel correlation is not clearly above 0: there is nothing to keep";
  } else if (most_kept > kMostKept) {
    result.verdict = Verdict::look;
    result.meaning =
        "Most of the pixel correlation is there without the right responses: it is "
        "what photographs have in common, not what was read";
  } else {
    result.meaning = "The scores come from the responses";
  }
  return result;
}

}  // namespace

Check null_inputs_check() {
  return {
      "null-inputs",
      "Null inputs",
      "scores that come from the decoder's prior: what is left with shuffled, absent and random "
      "responses",
      "a decoder that reads a little and invents the rest",
      "Shirakawa et al. 2024; Mayo et al. 2024",
      null_inputs};
}

}  // namespace afterimage
