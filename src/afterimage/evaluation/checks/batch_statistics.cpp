#include <cstdio>

#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/checks/check.h"
#include "afterimage/evaluation/checks/check_data.h"

namespace afterimage {
namespace {

/// Sums in another order give other roundings: float32 networks differ by up to some 1e-5 of the
/// range of a pixel, half precision by more. What uses the other samples differs by far more.
constexpr double kRounding = 1e-3;

std::string scientific(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", value);
  return text;
}

CheckResult batch_statistics(CheckData& data, size_t decoder) {
  const auto& made = data.decoder(decoder);
  auto looked = transductive(data.recording().info().provenance);
  for (const auto& text : transductive(made.provenance)) looked.push_back(text);
  CheckResult result;
  if (!made.batch_difference && looked.empty()) {
    return not_checked("It is not known whether samples alone give the same images",
                       "Reconstruct again, with the probe batch");
  }
  if (made.batch_difference) {
    result.figures = {{"largest difference of a pixel", *made.batch_difference}};
    result.found = concat("A sample alone and in its batch differ by ",
                          scientific(*made.batch_difference), " at most (pixels from 0 to 1)");
  } else {
    result.found = "Whether samples alone give the same images is not known";
  }
  if (made.batch_difference && *made.batch_difference > kRounding) {
    result.verdict = Verdict::fail;
    result.meaning =
        "Each image depends on the other test samples: the decoder normalises with "
        "statistics of the test set, which no experiment has beforehand";
  } else if (!looked.empty()) {
    result.verdict = Verdict::look;
    result.found += "; in making the data, " + join(looked, "; ");
    result.meaning = "Test data were looked at, as was asked for: say so beside the scores";
  } else {
    result.meaning = "Each image depends on its own responses only";
  }
  return result;
}

}  // namespace

Check batch_statistics_check() {
  return {
      "batch-statistics",
      "Batch statistics",
      "decoders that normalise with the statistics of the test set or of the batch; preparation "
      "that looked at test data",
      "statistics of the test set that were computed beforehand and stored in the model",
      "the rule that a test sample is decoded alone",
      batch_statistics};
}

}  // namespace afterimage
