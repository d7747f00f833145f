#include "afterimage/encoding/encoding_scores.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <limits>

#include "afterimage/base/progress.h"
#include "afterimage/encoding/mean_responses.h"

namespace afterimage {

EncodingScores EncodingScores::of(const EncodingModel& model, const SampleSource& trials,
                                  const RunContext& run) {
  const at::NoGradGuard no_grad;
  constexpr double least_ceiling = 0.05;
  const auto responses = MeanResponses::of(trials, run);
  auto error = at::zeros_like(responses.variance);
  Progress progress(run, "Scoring predictions", std::ssize(responses.rows_of), "stimulus");
  int64_t place = 0;
  for (const auto& [stimulus, rows] : responses.rows_of) {
    run.stop_if_cancelled("stopped; nothing was written");
    const auto predicted = model.predict(trials.images({rows.front()}))[0];
    error += (responses.means[place++] - predicted).square();
    progress.advance();
  }
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  EncodingScores out;
  out.stimuli = std::ssize(responses.rows_of);
  out.r2 = (1 - error / static_cast<double>(out.stimuli) / responses.variance)
               .masked_fill(~responses.varies, unknown);
  out.ceiling = responses.ceiling;
  out.normalised =
      (out.r2 / out.ceiling).masked_fill((out.ceiling > least_ceiling).logical_not(), unknown);
  out.samples = trials.count();
  return out;
}

}  // namespace afterimage
