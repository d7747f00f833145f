#include "afterimage/fields/gaussian_fit.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace afterimage {
namespace {

constexpr double kSmallest = 0.004, kLargest = 0.6;  // sizes, stimulus widths
constexpr double kMargin = 0.1;  // how far outside the stimulus a centre may lie

GaussianField moved(const GaussianField& field, const at::Tensor& step, double share) {
  const auto by = [&](int64_t i, double most) {
    return share * std::clamp(step[i].item<double>(), -most, most);
  };
  return {std::clamp(field.x + by(0, 1) * field.size, -kMargin, 1 + kMargin),
          std::clamp(field.y + by(1, 1) * field.size, -kMargin, 1 + kMargin),
          std::clamp(field.size * std::exp(by(2, 0.5)), kSmallest, kLargest)};
}

at::Tensor with_derivatives(const std::vector<FeatureMaps>& maps, int half,
                            const GaussianField& field) {
  std::vector<at::Tensor> parts;
  for (const auto& map : maps) parts.push_back(map.with_derivatives(half, field));
  return at::cat(parts, 1);  // (4, F, rows)
}

}  // namespace

at::Tensor pooled_features(const std::vector<FeatureMaps>& maps, int half,
                           const std::vector<GaussianField>& fields) {
  std::vector<at::Tensor> parts;
  for (const auto& map : maps) parts.push_back(map.pooled(half, fields));
  return at::cat(parts, 1);
}

struct GaussianFitter::State {
  GaussianField field;
  std::array<at::Tensor, 2> features;  // (4, F, rows) of the halves in use
  Moments moments;
  MomentFit ridge;
  double objective = 0;
};

GaussianFitter::State GaussianFitter::evaluate(const GaussianField& field, double penalty,
                                               const std::array<at::Tensor, 2>& responses) const {
  State state;
  state.field = field;
  for (const int half : halves_) {
    const auto h = static_cast<size_t>(half);
    state.features[h] = with_derivatives(maps_, half, field);
    const auto part = Moments::of(state.features[h][0], responses[h].unsqueeze(1));
    state.moments = state.moments.count > 0 ? state.moments + part : part;
  }
  state.ridge = ridge_fit(state.moments, penalty);
  state.objective = state.ridge.objective.item<double>();
  return state;
}

/// (3): the change of centre, in sizes, and of the logarithm of the size.
at::Tensor GaussianFitter::step(const State& state, double penalty,
                                const std::array<at::Tensor, 2>& responses) const {
  const auto slope = (state.ridge.weights.squeeze(1) / state.ridge.scale).to(at::kFloat);
  Moments joint;
  for (const int half : halves_) {
    const auto& features = state.features[static_cast<size_t>(half)];
    const auto jacobian = at::matmul(slope, features.narrow(0, 1, 3));  // (3, rows)
    const auto part = Moments::of(at::cat({features[0], jacobian}),
                                  responses[static_cast<size_t>(half)].unsqueeze(1));
    joint = joint.count > 0 ? joint + part : part;
  }
  const int64_t count = slope.size(0);
  constexpr double damping = 0.02;  // of each parameter's curvature
  const auto scale = at::cat({state.ridge.scale, at::ones({3}, at::kDouble)});
  auto normal = joint.gram / (joint.count * at::outer(scale, scale));
  auto ridge = at::full({count + 3}, penalty, at::kDouble);
  ridge.slice(0, count).copy_(normal.diagonal().slice(0, count) * damping + 1e-8);
  normal.diagonal().add_(ridge);
  const auto right = joint.cross / (joint.count * scale.unsqueeze(1));
  return at::cholesky_solve(right, at::linalg_cholesky(normal)).squeeze(1).slice(0, count);
}

GaussianFit GaussianFitter::fit(const FieldStart& start,
                                const std::array<at::Tensor, 2>& responses) const {
  State state = evaluate(start.field, start.penalty, responses);
  for (int64_t i = 0; i < steps_; ++i) {
    const auto direction = step(state, start.penalty, responses);
    const double before = state.objective;
    for (const double share : {1.0, 0.5, 0.2}) {
      State next = evaluate(moved(state.field, direction, share), start.penalty, responses);
      if (next.objective >= before) continue;
      state = std::move(next);
      break;
    }
    if (before - state.objective < 2e-4 * before) break;
  }
  const auto slope = state.ridge.weights.squeeze(1) / state.ridge.scale;
  return {
      state.field, slope,
      state.moments.response_mean.item<double>() - slope.dot(state.moments.mean).item<double>()};
}

at::Tensor predict(const std::vector<FeatureMaps>& maps, int half, const GaussianFit& fit) {
  const auto features = with_derivatives(maps, half, fit.field)[0].to(at::kDouble);
  return at::mv(features.t(), fit.slope) + fit.intercept;
}

}  // namespace afterimage
