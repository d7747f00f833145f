#include "afterimage/encoding/residual_noise.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace afterimage {

ResidualNoise ResidualNoise::fit(const at::Tensor& deviations, int64_t rank,
                                 at::Generator generator) {
  constexpr int64_t oversampling = 8, iterations = 6;
  const auto x = deviations.to(at::kFloat);  // (n, v)
  const auto n = static_cast<double>(x.size(0));
  const auto total = x.square().sum(0, false, at::kDouble) / n;
  const int64_t most = std::min(x.size(0), x.size(1));
  rank = std::min(rank, most);
  if (rank == 0) return {at::zeros({x.size(1), 0}), total.to(at::kFloat)};
  auto basis = at::randn({x.size(1), std::min(rank + oversampling, most)}, generator);
  for (int64_t i = 0; i < iterations; ++i) {
    basis = std::get<0>(at::linalg_qr(x.t().mm(x.mm(basis))));  // (v, k)
  }
  const auto [values, vectors] = at::linalg_eigh(
      x.mm(basis).to(at::kDouble).t().mm(x.mm(basis).to(at::kDouble)) / n);  // ascending
  const auto scale = values.slice(0, -rank).clamp_min(0).sqrt();
  const auto loadings = basis.to(at::kDouble).mm(vectors.slice(1, -rank)) * scale;
  const auto left = (total - loadings.square().sum(1)).clamp_min(0);
  return {loadings.to(at::kFloat).contiguous(), left.to(at::kFloat)};
}

at::Tensor ResidualNoise::solve(const at::Tensor& x) const {
  const auto shared = loadings.to(at::kDouble);
  const auto own =
      diagonal.to(at::kDouble).maximum(variance().to(at::kDouble) * 1e-3).clamp_min(1e-6);
  const auto scaled = x.to(at::kDouble) / own;  // x D^-1
  if (shared.size(1) == 0) return scaled.to(x.scalar_type());
  auto inner = shared.t().mm(shared / own.unsqueeze(1));  // L' D^-1 L
  inner.diagonal().add_(1);
  const auto weights = at::cholesky_solve(scaled.mm(shared).t(), at::linalg_cholesky(inner)).t();
  return (scaled - weights.mm(shared.t()) / own).to(x.scalar_type());
}

at::Tensor ResidualNoise::draw(at::Generator generator) const {
  const auto shared = at::randn({loadings.size(1)}, generator);
  return at::addcmul(loadings.mv(shared), diagonal.sqrt(), at::randn(diagonal.sizes(), generator));
}

at::Tensor ResidualNoise::variance() const { return diagonal + loadings.square().sum(1); }

}  // namespace afterimage
