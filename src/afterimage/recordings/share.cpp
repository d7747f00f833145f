#include "afterimage/recordings/share.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randperm.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace afterimage {

const std::string& photograph_of(const RecordingInfo& info, int64_t stimulus) {
  const auto row = static_cast<size_t>(stimulus);
  const auto& source = info.stimulus_source[row];
  return source.empty() ? info.stimulus_name[row] : source;
}

std::vector<int64_t> share_of_trials(const RecordingInfo& info, const std::vector<int64_t>& trials,
                                     double fraction, uint64_t seed) {
  if (fraction >= 1) return trials;
  std::unordered_map<std::string, int64_t> place;  // of each photograph, in order of appearance
  const auto photograph = [&](int64_t trial) {
    const auto& name = photograph_of(info, info.trials.stimulus[static_cast<size_t>(trial)]);
    return place.emplace(name, static_cast<int64_t>(place.size())).first->second;
  };
  for (const auto trial : trials) photograph(trial);
  const auto count = static_cast<int64_t>(place.size());
  const auto wanted = std::max<int64_t>(1, std::llround(fraction * static_cast<double>(count)));
  const auto rank = at::randperm(count, at::detail::createCPUGenerator(seed), at::kLong);
  std::vector<int64_t> chosen;
  for (const auto trial : trials) {
    if (rank[photograph(trial)].item<int64_t>() < wanted) chosen.push_back(trial);
  }
  return chosen;
}

}  // namespace afterimage
