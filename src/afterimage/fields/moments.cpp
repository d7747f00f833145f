#include "afterimage/fields/moments.h"

#include <ATen/ATen.h>

namespace afterimage {
namespace {

at::Tensor standard_deviations(const Moments& m) {
  return (m.gram.diagonal() / m.count).sqrt().clamp_min(1e-8);
}

/// Correlations of the predictors, and their covariances with the responses.
std::pair<at::Tensor, at::Tensor> standardised(const Moments& m, const at::Tensor& scale) {
  return {m.gram / (m.count * at::outer(scale, scale)), m.cross / (m.count * scale.unsqueeze(1))};
}

}  // namespace

Moments Moments::of(const at::Tensor& predictors, const at::Tensor& responses) {
  const auto mean = predictors.mean(1, true), response_mean = responses.mean(0, true);
  const auto x = predictors - mean;
  const auto y = responses - response_mean;
  return {static_cast<double>(predictors.size(1)),
          mean.squeeze(1).to(at::kDouble),
          x.mm(x.t()).to(at::kDouble),
          response_mean.squeeze(0).to(at::kDouble),
          x.mm(y).to(at::kDouble),
          y.square().sum(0).to(at::kDouble)};
}

Moments operator+(const Moments& a, const Moments& b) {
  const double n = a.count + b.count, share = a.count * b.count / n;
  const auto step = a.mean - b.mean, response_step = a.response_mean - b.response_mean;
  return {n,
          (a.count * a.mean + b.count * b.mean) / n,
          a.gram + b.gram + share * at::outer(step, step),
          (a.count * a.response_mean + b.count * b.response_mean) / n,
          a.cross + b.cross + share * at::outer(step, response_step),
          a.response_square + b.response_square + share * response_step.square()};
}

MomentFit ridge_fit(const Moments& moments, double penalty) {
  const auto scale = standard_deviations(moments);
  auto [r, c] = standardised(moments, scale);
  r.diagonal().add_(penalty);
  const auto weights = at::cholesky_solve(c, at::linalg_cholesky(r));
  // At the minimum the objective is y'y - w'c.
  return {weights, scale, moments.response_square / moments.count - (weights * c).sum(0)};
}

at::Tensor ridge_gcv(const Moments& moments, const std::vector<double>& penalties) {
  const auto [r, c] = standardised(moments, standard_deviations(moments));
  const auto [values, vectors] = at::linalg_eigh(r);
  const auto power = values.clamp_min(0);
  const auto projected = vectors.t().mm(c).square();  // (F, S)
  std::vector<at::Tensor> shrunk, freedom;
  for (const double penalty : penalties) {
    const auto inverse = (power + penalty).reciprocal();
    shrunk.push_back(2 * inverse - power * inverse.square());
    freedom.push_back(1 - ((power * inverse).sum() + 1) / moments.count);
  }
  const auto residual = moments.response_square / moments.count - at::stack(shrunk).mm(projected);
  return residual / at::stack(freedom).clamp_min(1e-3).square().unsqueeze(1);
}

}  // namespace afterimage
