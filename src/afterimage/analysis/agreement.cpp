#include "afterimage/analysis/agreement.h"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <map>
#include <utility>

namespace afterimage {

double adjusted_rand(const at::Tensor& first, const at::Tensor& second) {
  TORCH_INTERNAL_ASSERT(first.sizes() == second.sizes() && first.dim() == 1);
  const auto a = first.to(at::kLong).contiguous(), b = second.to(at::kLong).contiguous();
  std::map<int64_t, double> in_first, in_second;
  std::map<std::pair<int64_t, int64_t>, double> in_both;
  for (int64_t i = 0; i < a.numel(); ++i) {
    const int64_t u = a.const_data_ptr<int64_t>()[i], v = b.const_data_ptr<int64_t>()[i];
    ++in_first[u];
    ++in_second[v];
    ++in_both[{u, v}];
  }
  const auto pairs = [](const auto& counts) {  // of points that lie together
    double sum = 0;
    for (const auto& entry : counts) sum += entry.second * (entry.second - 1) / 2;
    return sum;
  };
  const auto n = static_cast<double>(a.numel());
  const double together = pairs(in_both), ours = pairs(in_first), theirs = pairs(in_second);
  const double by_chance = n > 1 ? ours * theirs / (n * (n - 1) / 2) : 0;
  const double most = (ours + theirs) / 2;
  // Both one cluster, or both none: they agree.
  return most == by_chance ? 1 : (together - by_chance) / (most - by_chance);
}

}  // namespace afterimage
