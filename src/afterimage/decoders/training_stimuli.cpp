#include "afterimage/decoders/training_stimuli.h"

#include <ATen/ATen.h>

#include <unordered_map>

#include "afterimage/base/batches.h"
#include "afterimage/base/rows.h"
#include "afterimage/formats/image.h"

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
    return as_bytes(train.images(picked(sample, rows)));
  };
}

at::Tensor TrainingStimuli::pixels(const RunContext& run) const {
  constexpr int64_t at_once = 256;
  std::vector<at::Tensor> parts;
  for_batches(all_rows(std::ssize(stimuli.name)), at_once, [&](int64_t, const auto& rows) {
    run.stop_if_cancelled("stopped; nothing was written");
    parts.push_back(stimuli.images(rows));
  });
  return at::cat(parts);
}

}  // namespace afterimage
