#include "afterimage/preparation/kmeans.h"

#include <ATen/Functions.h>

#include <algorithm>

namespace afterimage {
namespace {

/// Squared distances of rows and centres. (n, k)
at::Tensor distances(const at::Tensor& rows, const at::Tensor& centres) {
  return (rows.square().sum(1, true) + centres.square().sum(1) - 2 * rows.matmul(centres.t()))
      .clamp_min_(0);
}

/// Each next centre is a row drawn with probability in proportion to its squared distance from the
/// nearest centre so far.
at::Tensor plus_plus(const at::Tensor& rows, int64_t k, at::Generator& generator) {
  std::vector<at::Tensor> centres = {
      rows[at::randint(rows.size(0), {1}, generator, at::TensorOptions(at::kLong))
               .item<int64_t>()]};
  at::Tensor nearest = distances(rows, centres[0].unsqueeze(0)).select(1, 0);
  while (static_cast<int64_t>(centres.size()) < k) {
    const at::Tensor sums = nearest.cumsum(0);
    const double draw = at::rand({1}, generator, at::TensorOptions(at::kDouble)).item<double>() *
                        sums[-1].item<double>();
    const int64_t row = std::min<int64_t>((sums <= draw).sum().item<int64_t>(), rows.size(0) - 1);
    centres.push_back(rows[row]);
    nearest = at::minimum(nearest, distances(rows, centres.back().unsqueeze(0)).select(1, 0));
  }
  return at::stack(centres);
}

}  // namespace

std::vector<int64_t> kmeans(const at::Tensor& values, int64_t k, at::Generator generator,
                            int64_t rounds) {
  const at::Tensor rows = values.to(at::kDouble);
  k = std::min(k, rows.size(0));
  at::Tensor centres = plus_plus(rows, k, generator);
  at::Tensor cluster = at::full({rows.size(0)}, -1, at::kLong);
  for (int64_t round = 0; round < rounds; ++round) {
    const at::Tensor apart = distances(rows, centres);
    auto [nearest, assigned] = apart.min(1);
    if (at::equal(assigned, cluster)) break;
    cluster = assigned;
    const at::Tensor count = at::bincount(cluster, {}, k);
    centres = at::zeros_like(centres).index_add_(0, cluster, rows) /
              count.clamp_min(1).unsqueeze(1).to(at::kDouble);
    for (int64_t c = 0; c < k; ++c) {
      if (count[c].item<int64_t>() > 0) continue;
      const int64_t farthest = nearest.argmax().item<int64_t>();
      centres[c].copy_(rows[farthest]);
      nearest[farthest] = 0;
    }
  }
  const auto* first = cluster.const_data_ptr<int64_t>();
  return {first, first + cluster.numel()};
}

}  // namespace afterimage
