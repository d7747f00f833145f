#include "afterimage/fields/field_data.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;

Rows shuffled(int64_t count, at::Generator generator) {
  const auto order = at::randperm(count, generator, at::kLong);
  return {order.const_data_ptr<int64_t>(), order.const_data_ptr<int64_t>() + count};
}

/// Rows that must stay together: of one source; of one tenth of a single film; else each alone.
std::vector<Rows> groups_of(const Samples& samples, const Rows& chosen) {
  const auto& source = samples.recording().info().stimulus_source;
  std::map<std::string, Rows> by_source;
  std::vector<Rows> groups;
  for (const int64_t row : chosen) {
    const auto& name = source[static_cast<size_t>(samples.stimulus()[static_cast<size_t>(row)])];
    if (name.empty()) {
      groups.push_back({row});
    } else {
      by_source[name].push_back(row);
    }
  }
  for (auto& [name, rows] : by_source) groups.push_back(std::move(rows));
  if (groups.size() > 1) return groups;
  constexpr size_t parts = 10;
  const Rows all = groups.front();
  groups.assign(parts, {});
  for (size_t i = 0; i < all.size(); ++i) groups[i * parts / all.size()].push_back(all[i]);
  return groups;
}

/// Each group, in random order, to the half that has fewer rows so far.
std::array<Rows, 2> halves_of(const std::vector<Rows>& groups, at::Generator generator) {
  std::array<Rows, 2> halves;
  for (const int64_t g : shuffled(static_cast<int64_t>(groups.size()), std::move(generator))) {
    auto& smaller = halves[halves[0].size() <= halves[1].size() ? 0 : 1];
    const auto& rows = groups[static_cast<size_t>(g)];
    smaller.insert(smaller.end(), rows.begin(), rows.end());
  }
  for (auto& half : halves) std::ranges::sort(half);
  return halves;
}

void read_rows(const Samples& samples, const Rows& rows, FieldData& data) {
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t side = samples.image_size(), sensors = samples.recording().sensors();
  data.images = at::empty({count, 3, side, side}, at::kByte);
  data.responses = at::empty({count, sensors}, at::kFloat);
  for_batches(rows, 128, [&](int64_t first, const Rows& part) {
    const auto n = static_cast<int64_t>(part.size());
    data.images.narrow(0, first, n).copy_(samples.images(part).mul_(255).round_());
    data.responses.narrow(0, first, n).copy_(samples.responses(part).mean(2));
  });
}

/// The frames before each row's own, of the same film; where it begins, its first is repeated.
void read_clips(const Samples& samples, const Rows& rows, int64_t frames, FieldData& data) {
  const Recording& recording = samples.recording();
  const auto& source = recording.info().stimulus_source;
  const int64_t side = samples.image_size();
  data.clips = at::empty({static_cast<int64_t>(rows.size()), frames, side, side}, at::kByte);
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t last = samples.stimulus()[static_cast<size_t>(rows[i])];
    Rows shown(static_cast<size_t>(frames), last);
    for (size_t f = shown.size() - 1; f-- > 0;) {
      const int64_t before = shown[f + 1] - 1;
      const bool same =
          before >= 0 && source[static_cast<size_t>(before)] == source[static_cast<size_t>(last)];
      shown[f] = same ? before : shown[f + 1];
    }
    const auto gray = resize_image(recording.images(shown), side, side).to(at::kFloat).mean(1);
    data.clips[static_cast<int64_t>(i)].copy_(gray.round());
  }
}

void standardise(FieldData& data) {
  const auto mean = data.responses.mean(0), spread = data.responses.std(0, /*unbiased=*/false);
  data.varies = spread > 1e-6;
  data.responses = at::where(data.varies, (data.responses - mean) / spread.clamp_min(1e-6),
                             at::zeros_like(data.responses));
}

}  // namespace

Options FieldDataOptions::options() {
  return {
      Option("resolution", resolution, "side the stimuli are analysed at, at most")
          .range(16, 256)
          .unit("px"),
      Option("most_stimuli", most_stimuli,
             "training stimuli used, at most, drawn at random (memory grows with them)")
          .range(kFewestStimuli, 1e7),
      Option("per_block", per_block, "standardise the responses of each block by itself"),
      Option("frames", frames, "of a video, the frames that end with a trial's own (for nif)")
          .range(1, 256),
  };
}

at::Tensor FieldData::float_images(int64_t first, int64_t rows) const {
  return images.narrow(0, first, rows).to(at::kFloat).div_(255);
}

FieldData read_field_data(const Recording& recording, const FieldDataOptions& options,
                          const RunContext& run) {
  const std::string where = recording.path().string();
  const RecordingInfo& info = recording.info();
  const auto bins = choose_bins(info.bins, {}, where);
  const auto normalisation =
      Normalisation::fit(recording, info.trials_of("train", where), options.per_block, bins);
  Samples::Options wanted;
  wanted.bins = bins;
  wanted.average_repeats = true;
  wanted.image_size = std::min({options.resolution, std::max(info.height, info.width)});
  const Samples samples(recording, normalisation, wanted);
  if (samples.count() < kFewestStimuli) {
    throw Error(where, concat("has ", samples.count(), " training stimuli"),
                concat("Fields need at least ", kFewestStimuli));
  }
  Rows chosen = shuffled(samples.count(), run.generator("field stimuli"));
  chosen.resize(static_cast<size_t>(std::min(samples.count(), options.most_stimuli)));
  std::ranges::sort(chosen);
  const auto halves = halves_of(groups_of(samples, chosen), run.generator("field halves"));
  FieldData data;
  data.first_half = static_cast<int64_t>(halves[0].size());
  Rows rows = halves[0];
  rows.insert(rows.end(), halves[1].begin(), halves[1].end());
  read_rows(samples, rows, data);
  if (info.frames_per_second > 0 && options.frames > 1) {
    read_clips(samples, rows, options.frames, data);
  }
  if (data.images.eq(data.images.narrow(0, 0, 1)).all().item<bool>()) {
    throw Error(where, "all training stimuli look alike", "Fields need stimuli that differ");
  }
  standardise(data);
  return data;
}

}  // namespace afterimage
