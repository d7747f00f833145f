#include "afterimage/simulation/noise.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace afterimage::simulator {
namespace {

constexpr double kBaselineSpread = 0.5;  // SD of baselines over sensors, in signal SDs
constexpr double kBinCorrelation = 0.3;  // of the noise in successive bins
constexpr double kReach = 1.5;           // SD of the shared noise's spread, in sensor spacings

/// The double-gamma response to a brief stimulus `t` seconds after it (SPM's canonical one: peak at
/// 5 s, undershoot at 15 s a sixth as deep; Friston et al. 1998).
double haemodynamic(double t) {
  if (t <= 0) return 0;
  return std::pow(t, 5) * std::exp(-t) / std::tgamma(6) -
         std::pow(t, 15) * std::exp(-t) / std::tgamma(16) / 6;
}

double value_at(const TimeCourse& course, double since_onset_ms) {
  if (course.haemodynamic) return haemodynamic(since_onset_ms / 1000);
  if (since_onset_ms <= 0) return 0;
  return (1 - std::exp(-since_onset_ms / course.rise_ms)) *
         (course.sustained + (1 - course.sustained) * std::exp(-since_onset_ms / course.decay_ms));
}

std::vector<Window> windows_of(const BrainModel& brain, size_t roi, const BinOptions& bins) {
  std::vector<Window> windows;
  if (bins.pre_stimulus) windows.push_back(brain.before);
  if (bins.kind == "five") {
    windows.insert(windows.end(), brain.five.begin(), brain.five.end());
  } else {
    windows.push_back(brain.rois[roi].window);
  }
  return windows;
}

/// Each bin spans the areas' windows.
std::vector<Bin> bins_of(const BrainModel& brain, const BinOptions& bins) {
  std::vector<Bin> spans;
  for (size_t roi = 0; roi < brain.rois.size(); ++roi) {
    const auto windows = windows_of(brain, roi, bins);
    if (roi == 0)
      spans.assign(windows.size(), {std::numeric_limits<double>::infinity(),
                                    -std::numeric_limits<double>::infinity()});
    for (size_t b = 0; b < windows.size(); ++b) {
      spans[b].start_ms = std::min(spans[b].start_ms, windows[b].start_ms);
      spans[b].stop_ms = std::max(spans[b].stop_ms, windows[b].stop_ms);
    }
  }
  return spans;
}

std::vector<int64_t> shuffled(int64_t count, at::Generator& generator) {
  const auto order = at::randperm(count, generator, at::kLong);
  return {order.const_data_ptr<int64_t>(), order.const_data_ptr<int64_t>() + count};
}

}  // namespace

Trials schedule(int64_t training, int64_t test, int64_t repeats, int64_t blocks,
                at::Generator generator) {
  std::vector<std::vector<int64_t>> shown(static_cast<size_t>(blocks));
  const auto order = shuffled(training, generator);
  for (size_t i = 0; i < order.size(); ++i) {
    shown[i % shown.size()].push_back(order[i]);
  }
  for (int64_t stimulus = 0; stimulus < test; ++stimulus) {
    for (int64_t r = 0; r < repeats; ++r) {
      shown[static_cast<size_t>((stimulus + r) % blocks)].push_back(training + stimulus);
    }
  }
  Trials trials;
  std::vector<int64_t> times(static_cast<size_t>(training + test), 0);
  for (size_t block = 0; block < shown.size(); ++block) {
    for (const int64_t i : shuffled(static_cast<int64_t>(shown[block].size()), generator)) {
      const int64_t stimulus = shown[block][static_cast<size_t>(i)];
      trials.stimulus.push_back(stimulus);
      trials.repeat.push_back(times[static_cast<size_t>(stimulus)]++);
      trials.block.push_back(static_cast<int64_t>(block));
      trials.split.push_back(stimulus < training ? "train" : "test");
    }
  }
  return trials;
}

double mean_over(const TimeCourse& course, double latency_ms, const Window& window) {
  const auto samples =
      std::max<int64_t>(1, std::llround((window.stop_ms - window.start_ms) * 2));  // 0.5 ms each
  const double step = (window.stop_ms - window.start_ms) / static_cast<double>(samples);
  double sum = 0;
  for (int64_t i = 0; i < samples; ++i) {
    sum += value_at(course, window.start_ms + (static_cast<double>(i) + 0.5) * step - latency_ms);
  }
  return sum / static_cast<double>(samples);
}

ResponseModel::ResponseModel(const BrainModel& brain, const Geometry& geometry,
                             const BinOptions& bins, const NoiseOptions& options, int64_t trials,
                             const RunContext& run)
    : trial_noise_(run.generator("simulator trial noise")),
      bins_(bins_of(brain, bins)),
      noise_correlation_(options.noise_correlation) {
  if (bins.pre_stimulus) noise_before_ = run.generator("simulator noise before onset");
  draw_time_courses(brain, geometry, bins, run.generator("simulator latencies"));
  draw_noise_levels(options, trials, run);
  share_among_neighbours(geometry);
}

void ResponseModel::draw_time_courses(const BrainModel& brain, const Geometry& geometry,
                                      const BinOptions& bins, at::Generator generator) {
  const int64_t sensors = geometry.sensors.count();
  const auto count = static_cast<int64_t>(bins_.size());
  time_course_ = at::empty({sensors, count}, at::kFloat);
  window_ = at::empty({sensors, count, 2}, at::kFloat);
  latency_ = at::empty({sensors}, at::kFloat);
  const auto scatter = at::randn({sensors}, generator, at::kFloat).clamp(-2, 2);
  for (int64_t s = 0; s < sensors; ++s) {
    const auto roi = static_cast<size_t>(geometry.roi[static_cast<size_t>(s)]);
    const TimeCourse& course = brain.rois[roi].time;
    const double latency = course.latency_ms + course.latency_sd_ms * scatter[s].item<float>();
    latency_[s] = latency;
    const auto windows = windows_of(brain, roi, bins);
    for (int64_t b = 0; b < count; ++b) {
      const Window& window = windows[static_cast<size_t>(b)];
      time_course_[s][b] = mean_over(course, latency, window);
      window_[s][b][0] = window.start_ms;
      window_[s][b][1] = window.stop_ms;
    }
  }
  time_course_ /= time_course_.amax(1, /*keepdim=*/true);
}

void ResponseModel::draw_noise_levels(const NoiseOptions& options, int64_t trials,
                                      const RunContext& run) {
  const int64_t sensors = time_course_.size(0);
  auto levels = run.generator("simulator noise levels");
  const auto spread = at::randn({sensors}, levels, at::kFloat).clamp(-2, 2);
  snr_ = options.snr * (options.snr_spread * spread).exp();
  baseline_ = kBaselineSpread * at::randn({sensors}, levels, at::kFloat);
  noise_sd_ = ((1 - options.gain_share) / snr_).sqrt();
  coupling_ = (options.gain_share / (snr_ * (kEvoked * kEvoked + 1))).sqrt();
  gain_ = at::randn({trials}, run.generator("simulator gain"), at::kFloat);
  auto steps = at::randn({options.blocks, sensors}, run.generator("simulator drift"), at::kFloat);
  steps[0].zero_();
  drift_ = (options.drift * steps).cumsum(0);
}

void ResponseModel::share_among_neighbours(const Geometry& geometry) {
  const int64_t sensors = geometry.sensors.count();
  const auto u = at::tensor(geometry.u, at::kDouble), v = at::tensor(geometry.v, at::kDouble);
  neighbours_ = at::zeros({sensors, sensors}, at::kFloat);
  for (const auto& group : geometry.groups()) {
    const auto rows = at::tensor(group, at::kLong);
    const auto along_u = u.index_select(0, rows), along_v = v.index_select(0, rows);
    const auto squared = (along_u.unsqueeze(1) - along_u.unsqueeze(0)).square() +
                         (along_v.unsqueeze(1) - along_v.unsqueeze(0)).square();
    const auto others = squared + at::diag(at::full_like(along_u, 1e9));
    const double spacing = others.amin(1).sqrt().mean().item<double>();
    const auto kernel = (squared / (-2 * kReach * kReach * spacing * spacing)).exp();
    const auto unit = (kernel / kernel.norm(2, {1}, true)).to(at::kFloat);
    neighbours_.index_put_({rows.unsqueeze(1), rows.unsqueeze(0)}, unit);
  }
}

at::Tensor ResponseModel::fresh_noise(int64_t n, int64_t bins, at::Generator& generator) const {
  const int64_t sensors = time_course_.size(0);
  const auto own = at::randn({n, bins, sensors}, generator, at::kFloat);
  const auto source = at::randn({n, bins, sensors}, generator, at::kFloat);
  const auto shared = source.matmul(neighbours_.t());
  return std::sqrt(1 - noise_correlation_) * own + std::sqrt(noise_correlation_) * shared;
}

at::Tensor ResponseModel::noise(int64_t n) {
  auto noise = fresh_noise(n, time_course_.size(1) - (noise_before_ ? 1 : 0), trial_noise_);
  const double own = std::sqrt(1 - kBinCorrelation * kBinCorrelation);
  for (int64_t b = 1; b < noise.size(1); ++b) {
    noise.select(1, b).mul_(own).add_(noise.select(1, b - 1), kBinCorrelation);
  }
  if (noise_before_) {  // the chain of bins goes on backwards: it is the same in both directions
    const auto before =
        own * fresh_noise(n, 1, *noise_before_) + kBinCorrelation * noise.narrow(1, 0, 1);
    noise = at::cat({before, noise}, 1);
  }
  return (noise * noise_sd_).transpose(1, 2);  // (n, sensor, bin)
}

at::Tensor ResponseModel::responses(const at::Tensor& signals, const Trials& trials, int64_t first,
                                    int64_t n) {
  const auto rows = [&](const std::vector<int64_t>& list) {
    return at::tensor(
        at::ArrayRef<int64_t>(list).slice(static_cast<size_t>(first), static_cast<size_t>(n)),
        at::kLong);
  };
  const auto evoked = kEvoked + signals.index_select(0, rows(trials.stimulus));  // (n, sensor)
  const auto gain = 1 + gain_.narrow(0, first, n).unsqueeze(1) * coupling_.unsqueeze(0);
  const auto level = baseline_ + drift_.index_select(0, rows(trials.block));
  return ((gain * evoked).unsqueeze(2) * time_course_ + level.unsqueeze(2) + noise(n)).contiguous();
}

std::vector<std::pair<std::string, at::Tensor>> ResponseModel::truth() const {
  return {{"baseline", baseline_}, {"time_course", time_course_},
          {"window_ms", window_},  {"latency_ms", latency_},
          {"snr", snr_},           {"noise_variance", noise_sd_.square()},
          {"gain", gain_},         {"gain_coupling", coupling_},
          {"drift", drift_}};
}

}  // namespace afterimage::simulator
