#include "afterimage/encoding/other_stimuli.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <map>

#include "afterimage/base/batches.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

constexpr int64_t kThumbnail = 16;
constexpr double kAlike = 0.95;

std::string stem(const std::string& name) { return std::filesystem::path(name).stem().string(); }

/// (n, 3, H, W) uint8 -> (n, 256)
at::Tensor thumbnails_of(const at::Tensor& images) {
  const auto gray = images.to(at::kFloat).mean(1, true);
  const auto small =
      at::_upsample_bilinear2d_aa(gray, {kThumbnail, kThumbnail}, /*align_corners=*/false)
          .flatten(1);
  const auto centred = small - small.mean(1, true);
  return centred / centred.norm(2, {1}, true).clamp_min(1e-6);
}

double mean_repeats(const Trials& trials, const std::set<int64_t>& stimuli,
                    const std::string& split) {
  std::map<int64_t, int64_t> shown;
  for (size_t t = 0; t < trials.stimulus.size(); ++t) {
    const bool counts = split.empty() ? !trials.split[t].empty() : trials.split[t] == split;
    if (counts && stimuli.contains(trials.stimulus[t])) ++shown[trials.stimulus[t]];
  }
  double sum = 0;
  for (const auto& [stimulus, times] : shown) sum += static_cast<double>(times);
  return shown.empty() ? 0 : sum / static_cast<double>(shown.size());
}

}  // namespace

OtherStimuli OtherStimuli::of(const Recording& recording, const std::vector<int64_t>& trials,
                              bool look, const RunContext& run) {
  const auto& info = recording.info();
  std::set<int64_t> others;
  for (int64_t s = 0; s < info.stimuli(); ++s) others.insert(s);
  for (const auto trial : trials) others.erase(info.trials.stimulus[static_cast<size_t>(trial)]);
  OtherStimuli out;
  for (const auto s : others) {
    const auto row = static_cast<size_t>(s);
    out.names.insert(stem(info.stimulus_name[row]));
    if (!info.stimulus_source[row].empty()) out.names.insert(stem(info.stimulus_source[row]));
  }
  out.repeats = mean_repeats(info.trials, others, "test");
  if (out.repeats == 0) out.repeats = std::max(1.0, mean_repeats(info.trials, others, ""));
  if (!look) return out;
  std::vector<at::Tensor> parts;
  for_batches({others.begin(), others.end()}, 128, [&](int64_t, const auto& rows) {
    run.stop_if_cancelled("stopped; nothing was written");
    parts.push_back(thumbnails_of(recording.images(rows)));
  });
  out.thumbnails = parts.empty() ? at::zeros({0, kThumbnail * kThumbnail}) : at::cat(parts);
  return out;
}

void OtherStimuli::hide(const std::string& photograph) { names.insert(stem(photograph)); }

bool OtherStimuli::show(const std::string& file, const at::Tensor& photograph) const {
  if (names.contains(stem(file))) return true;
  if (!thumbnails.defined() || thumbnails.size(0) == 0) return false;
  const int64_t side = std::min(photograph.size(1), photograph.size(2));
  const auto seen = thumbnails_of(centre_square(photograph, side).unsqueeze(0));
  return thumbnails.mm(seen.t()).max().item<double>() > kAlike;
}

}  // namespace afterimage
