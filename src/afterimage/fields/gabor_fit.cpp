#include "afterimage/fields/gabor_fit.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "afterimage/fields/each_sensor.h"
#include "afterimage/fields/gabor_search.h"
#include "afterimage/fields/moments.h"

namespace afterimage {
namespace {

constexpr double kPenalty = 1e-3;
constexpr double kClearly = 0.02;  // of the variance: by how much a Gabor must predict better

/// What a sensor is taken to see: all of a Gabor, or its envelope alone, a spot of light.
enum class Sees { gabor, spot };

using Gabors = std::array<Gabor, kFitSets>;

/// Fits of one sensor: to the first half, the second, and both.
class SensorFit {
 public:
  SensorFit(const LuminancePyramid& pyramid, std::array<at::Tensor, 2> responses, Sees sees)
      : pyramid_(pyramid), responses_(std::move(responses)), sees_(sees) {}

  Gabors refine(const Gabors& start) const {
    return {refine(start[0], {0}), refine(start[1], {1}), refine(start[2], {0, 1})};
  }

  /// The part of both halves' variance that fits to the other predict.
  double across_halves(const Gabors& gabors) const {
    double error = 0, total = 0;
    for (int half = 0; half < 2; ++half) {
      const Gabor& fitted = gabors[static_cast<size_t>(1 - half)];
      const Moments moments = moments_of(fitted, fitted.size, 1 - half);
      const auto fit = ridge_fit(moments, kPenalty);
      const auto slope = (fit.weights.squeeze(1) / fit.scale);
      const auto x = features(fitted, fitted.size, half).to(at::kDouble);
      const auto y = responses_[static_cast<size_t>(half)].to(at::kDouble);
      const auto predicted = at::mv(x.t(), slope) + moments.response_mean - slope.dot(moments.mean);
      error += (y - predicted).square().sum().item<double>();
      total += (y - y.mean()).square().sum().item<double>();
    }
    return 1 - error / std::max(total, 1e-30);
  }

 private:
  /// Climbs from a Gabor of the grid, one parameter at a time, by steps that are halved where none
  /// helps.
  Gabor refine(Gabor gabor, const std::vector<int>& halves) const {
    const double like = gabor.size;
    double best = explained(gabor, like, halves);
    for (double share = 1; share > 0.05; share /= 2) {
      for (bool moved = true; moved;) {
        moved = false;
        for (int parameter = 0; parameter < (sees_ == Sees::gabor ? 5 : 3); ++parameter) {
          for (const double sign : {1.0, -1.0}) {
            const Gabor next = changed(gabor, parameter, sign * share);
            if (next.size < pyramid_.smallest() || !on_stimulus(next)) continue;
            const double found = explained(next, like, halves);
            if (found <= best + 1e-5) continue;
            best = found;
            gabor = next;
            moved = true;
            break;
          }
        }
      }
    }
    return gabor;
  }

  /// A place off the stimulus is extrapolated from stripes at its edge.
  static bool on_stimulus(const Gabor& gabor) {
    return gabor.x >= 0 && gabor.x <= 1 && gabor.y >= 0 && gabor.y <= 1;
  }

  static Gabor changed(Gabor gabor, int parameter, double step) {
    switch (parameter) {
      case 0:
        gabor.x += 0.5 * step * gabor.size;
        break;
      case 1:
        gabor.y += 0.5 * step * gabor.size;
        break;
      case 2:
        gabor.size *= std::exp(0.2 * step);
        break;
      case 3:
        gabor.angle += step * std::numbers::pi / 12;
        break;
      default:
        gabor.wavelength *= std::exp(0.2 * step);
    }
    return gabor;
  }

  at::Tensor features(const Gabor& gabor, double like, int half) const {
    const auto all = pyramid_.features(gabor, like, half);
    constexpr int64_t envelope = 2;
    return sees_ == Sees::gabor ? all : all.narrow(0, envelope, 1);
  }

  Moments moments_of(const Gabor& gabor, double like, int half) const {
    return Moments::of(features(gabor, like, half),
                       responses_[static_cast<size_t>(half)].unsqueeze(1));
  }

  double explained(const Gabor& gabor, double like, const std::vector<int>& halves) const {
    Moments moments = moments_of(gabor, like, halves[0]);
    if (halves.size() > 1) moments = moments + moments_of(gabor, like, halves[1]);
    const double variance = moments.response_square.item<double>() / moments.count;
    return 1 - ridge_fit(moments, kPenalty).objective.item<double>() / std::max(variance, 1e-12);
  }

  const LuminancePyramid& pyramid_;
  std::array<at::Tensor, 2> responses_;
  Sees sees_;
};

}  // namespace

ReceptiveFields fit_gabors(const FieldData& data, const at::Tensor& other, const RunContext& run) {
  const torch::NoGradGuard no_gradients;
  const LuminancePyramid pyramid(data);
  const auto start = search_gabors(pyramid, data, run);
  auto out = ReceptiveFields::unknown(data.sensors());
  const auto fit = [&](int64_t s) {
    const auto column = data.responses.select(1, s).contiguous();
    const std::array responses = {column.narrow(0, 0, data.first_half),
                                  column.narrow(0, data.first_half, data.rows_of(1))};
    const SensorFit sensor(pyramid, responses, Sees::gabor), spot(pyramid, responses, Sees::spot);
    Gabors gabors;
    for (size_t set = 0; set < kFitSets; ++set) gabors[set] = start[set][static_cast<size_t>(s)];
    const double given = other[s].item<double>(), known = std::isfinite(given) ? given : 0;
    // Refinement may double what the grid explains; it makes nothing of nothing.
    constexpr double nothing = 0.01;
    if (2 * sensor.across_halves(gabors) < std::max(known, nothing)) return;
    gabors = sensor.refine(gabors);
    const double r2 = sensor.across_halves(gabors);
    if (r2 < known + kClearly || r2 < spot.across_halves(spot.refine(gabors)) + kClearly) return;
    out.x[s] = gabors[2].x;
    out.y[s] = gabors[2].y;
    out.size[s] = gabors[2].size;
    out.r2[s] = r2;
    out.distance[s] = std::hypot(gabors[0].x - gabors[1].x, gabors[0].y - gabors[1].y);
  };
  for_each_sensor(data, "Refining Gabors", run, fit);
  return out;
}

void take_gabors(const ReceptiveFields& gabors, ReceptiveFields& found) {
  found.oriented = gabors.r2.isfinite();
  const auto take = [&](const at::Tensor& from, at::Tensor& into) {
    into = at::where(found.oriented, from, into);
  };
  take(gabors.x, found.x);
  take(gabors.y, found.y);
  take(gabors.size, found.size);
  take(gabors.distance, found.distance);
  take(gabors.r2, found.r2);
}

}  // namespace afterimage
