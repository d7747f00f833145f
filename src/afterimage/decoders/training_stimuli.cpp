#include "afterimage/decoders/training_stimuli.h"

#include <ATen/ATen.h>

#include <unordered_map>

#include "afterimage/base/rows.h"

namespace afterimage {

TrainingStimuli::TrainingStimuli(const SampleSource& train) {
  const auto photographs = train.photographs();
  std::unordered_map<int64_t, int64_t> place;
  std::vector<int64_t> sample;  // that shows each
  for (int64_t i = 0; i < train.count(); ++i) {
    const auto [at, fresh] =
        place.try_emplace(train.stimulus()[static_cast<size_t>(i)], std::ssize(sample));
    if (fresh) sample.push_back(i);
    row.push_back(at->second);
  }
  for (const auto i : sample) stimuli.name.push_back(photographs[static_cast<size_t>(i)]);
  stimuli.source = stimuli.name;
  stimuli.images = [&train, sample](const std::vector<int64_t>& rows) {
    return (train.images(picked(sample, rows)) * 255).round().to(at::kByte);
  };
}

}  // namespace afterimage
