#include "afterimage/encoding/mean_responses.h"

#include <ATen/ATen.h>

#include <limits>

#include "afterimage/encoding/repeat_noise.h"

namespace afterimage {

MeanResponses MeanResponses::of(const SampleSource& trials, const RunContext& run) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  MeanResponses out;
  for (int64_t i = 0; i < trials.count(); ++i) {
    out.rows_of[trials.stimulus()[static_cast<size_t>(i)]].push_back(i);
  }
  const int64_t count = std::ssize(out.rows_of);
  out.means = at::empty({count, trials.sensors(), trials.bins()}, at::kDouble);
  RepeatNoise repeats(trials.stimulus());
  double inverse_repeats = 0;
  int64_t place = 0;
  for (const auto& [stimulus, rows] : out.rows_of) {
    run.stop_if_cancelled("stopped; nothing was written");
    const auto responses = trials.responses(rows).to(at::kDouble);
    repeats.add(rows, responses);
    out.means[place++] = responses.mean(0);
    inverse_repeats += 1.0 / static_cast<double>(rows.size());
  }
  out.variance = out.means.var(0, /*unbiased=*/false);
  out.varies = out.variance > 1e-12;
  out.ceiling = at::full_like(out.variance, unknown);
  if (repeats.known()) {
    const auto noise = repeats.variance() * (inverse_repeats / static_cast<double>(count));
    out.ceiling = (1 - noise / out.variance).clamp_min(0).masked_fill(~out.varies, unknown);
  }
  return out;
}

}  // namespace afterimage
