#include "afterimage/encoding/encoding_scores.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <limits>
#include <map>

#include "afterimage/base/progress.h"
#include "afterimage/encoding/repeat_noise.h"

namespace afterimage {

EncodingScores EncodingScores::of(const EncodingModel& model, const SampleSource& trials,
                                  const RunContext& run) {
  const at::NoGradGuard no_grad;
  constexpr double least_ceiling = 0.05;
  std::map<int64_t, std::vector<int64_t>> rows_of;
  for (int64_t i = 0; i < trials.count(); ++i) {
    rows_of[trials.stimulus()[static_cast<size_t>(i)]].push_back(i);
  }
  const auto n = static_cast<double>(rows_of.size());
  const auto zero = at::zeros({trials.sensors(), trials.bins()}, at::kDouble);
  auto sum = zero.clone(), squares = zero.clone(), error = zero.clone();
  double inverse_repeats = 0;
  RepeatNoise repeats(trials.stimulus());
  Progress progress(run, "Scoring predictions", std::ssize(rows_of), "stimulus");
  for (const auto& [stimulus, rows] : rows_of) {
    run.stop_if_cancelled("stopped; nothing was written");
    const auto responses = trials.responses(rows).to(at::kDouble);
    repeats.add(rows, responses);
    const auto mean = responses.mean(0);
    sum += mean;
    squares += mean.square();
    error += (mean - model.predict(trials.images({rows.front()}))[0]).square();
    inverse_repeats += 1.0 / static_cast<double>(rows.size());
    progress.advance();
  }
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const auto variance = squares / n - (sum / n).square();
  const auto varies = variance > 1e-12;
  EncodingScores out;
  out.r2 = (1 - error / n / variance).masked_fill(~varies, unknown);
  out.ceiling = at::full_like(zero, unknown);
  if (repeats.known()) {
    const auto noise = repeats.variance() * (inverse_repeats / n);
    out.ceiling = (1 - noise / variance).clamp_min(0).masked_fill(~varies, unknown);
  }
  out.normalised =
      (out.r2 / out.ceiling).masked_fill((out.ceiling > least_ceiling).logical_not(), unknown);
  out.stimuli = std::ssize(rows_of);
  out.samples = trials.count();
  return out;
}

}  // namespace afterimage
