#include "afterimage/simulation/noise_free.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/simulation/noise.h"

namespace afterimage {

namespace {

/// How many stimuli come before those of the test.
int64_t stimuli_before(const Recording& recording, const at::Tensor& signal) {
  return recording.info().stimuli() - signal.size(0);
}

}  // namespace

bool has_noise_free(const Recording& recording, const std::vector<int64_t>& trials) {
  for (const char* name : {"test_signal", "baseline", "time_course", "drift"}) {
    if (!recording.has_truth(name)) return false;
  }
  const auto signal = recording.truth("test_signal"), course = recording.truth("time_course");
  if (signal.dim() != 2 || signal.size(1) != recording.sensors()) return false;
  if (course.sizes() != at::IntArrayRef{recording.sensors(), recording.bins()}) return false;
  const auto& shown = recording.info().trials.stimulus;
  return std::all_of(trials.begin(), trials.end(), [&](int64_t trial) {
    return shown.at(static_cast<size_t>(trial)) >= stimuli_before(recording, signal);
  });
}

at::Tensor noise_free_responses(const Recording& recording, const std::vector<int64_t>& trials,
                                const std::vector<int64_t>& bins) {
  const auto& info = recording.info();
  const auto signal = recording.truth("test_signal");  // (test stimulus, sensor)
  const int64_t before = stimuli_before(recording, signal);
  std::vector<int64_t> stimulus, block;
  for (const auto trial : trials) {
    stimulus.push_back(info.trials.stimulus.at(static_cast<size_t>(trial)) - before);
    block.push_back(info.trials.block[static_cast<size_t>(trial)]);
    TORCH_INTERNAL_ASSERT(stimulus.back() >= 0, "ask has_noise_free first");
  }
  const auto course =
      recording.truth("time_course").index_select(1, at::tensor(bins, at::kLong));  // (sensor, bin)
  const auto evoked = simulator::kEvoked + signal.index_select(0, at::tensor(stimulus, at::kLong));
  const auto level = recording.truth("baseline") +
                     recording.truth("drift").index_select(0, at::tensor(block, at::kLong));
  return (evoked.unsqueeze(2) * course + level.unsqueeze(2)).to(at::kFloat);  // (n, sensor, bin)
}

}  // namespace afterimage
