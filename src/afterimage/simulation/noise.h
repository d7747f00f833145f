#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/simulation/geometry.h"
#include "afterimage/simulation/model.h"

namespace afterimage::simulator {

inline constexpr double kEvoked = 2;  ///< mean evoked response, in signal SDs

struct BinOptions {
  std::string kind = "window";  ///< "window" or "five"
  bool pre_stimulus = false;    ///< one more bin, before onset
};

struct NoiseOptions {
  double snr = 2;                  ///< variance of signal over noise, one trial, best bin
  double snr_spread = 0.4;         ///< SD of log(snr) over sensors, cut at two SDs
  double gain_share = 0.1;         ///< part of the noise variance that the shared gain makes
  double noise_correlation = 0.2;  ///< part of the other noise that neighbours share
  int64_t blocks = 4;
  double drift = 0.3;  ///< SD of the step between blocks, in signal SDs
};

/// Training stimuli are shown once, test stimuli `repeats` times, spread over the blocks so that
/// each block has its part of both; within a block the order is random. Stimuli are numbered
/// training first. Repeats count in order of showing.
Trials schedule(int64_t training, int64_t test, int64_t repeats, int64_t blocks,
                at::Generator generator);

/// Mean of a time course over a window, unnormalised; `latency_ms` replaces the course's own.
double mean_over(const TimeCourse& course, double latency_ms, const Window& window);

/// Turns signals into single-trial responses:
///     r(t, s, b) = baseline(s) + (1 + c(s) g(t)) T(s, b) (2 + z(t, s)) + d(block, s) + e(t, s, b)
/// with z the signal of the stimulus (mean 0, variance 1), T the time course (best bin 1), g the
/// gain of the trial (standard normal, one for all sensors), c its coupling to the sensor, d a
/// random walk over blocks from zero, e noise that is partly shared by neighbours on an array and
/// by successive bins. Var(e) + Var(c g (2 + z)) = 1 / snr(s) in the best bin.
class ResponseModel {
 public:
  ResponseModel(const BrainModel& brain, const Geometry& geometry, const BinOptions& bins,
                const NoiseOptions& options, int64_t trials, const RunContext& run);

  /// The bins of the recording. With bins = "window" there is one, which spans the areas' windows.
  /// A bin before onset comes first; its T is 0, its noise has a stream of its own, and the other
  /// bins are what they are without it.
  const std::vector<Bin>& bins() const { return bins_; }

  /// Responses of the trials first .. first + n: (n, sensor, bin) float32. Asked for in order;
  /// noise is drawn as they come.
  at::Tensor responses(const at::Tensor& signals, const Trials& trials, int64_t first, int64_t n);

  /// "baseline", "time_course", "window_ms", "latency_ms", "snr", "noise_variance", "gain",
  /// "gain_coupling", "drift".
  std::vector<std::pair<std::string, at::Tensor>> truth() const;

 private:
  void draw_time_courses(const BrainModel& brain, const Geometry& geometry, const BinOptions& bins,
                         at::Generator generator);
  void draw_noise_levels(const NoiseOptions& options, int64_t trials, const RunContext& run);
  void share_among_neighbours(const Geometry& geometry);
  at::Tensor fresh_noise(int64_t n, int64_t bins, at::Generator& generator) const;
  at::Tensor noise(int64_t n);

  at::Generator trial_noise_;
  std::optional<at::Generator> noise_before_;  // of the bin before onset, if there is one
  std::vector<Bin> bins_;
  double noise_correlation_;
  at::Tensor time_course_;          // (sensor, bin)
  at::Tensor window_, latency_;     // (sensor, bin, 2), (sensor)
  at::Tensor baseline_, snr_;       // (sensor)
  at::Tensor noise_sd_, coupling_;  // (sensor)
  at::Tensor gain_;                 // (trial)
  at::Tensor drift_;                // (block, sensor)
  at::Tensor neighbours_;           // (sensor, sensor), rows of unit norm
};

}  // namespace afterimage::simulator
