#include <ATen/ATen.h>
#include <algorithm>
#include <map>

#include "afterimage/regression/held_out.h"

namespace afterimage::ridge {
namespace {

/// Rows by group, in batches that split no group.
std::vector<Rows> whole_groups(const std::vector<int64_t>& group, int64_t rows, int64_t size) {
  std::map<int64_t, Rows> members;
  for (int64_t i = 0; i < rows; ++i) {
    members[group.empty() ? i : group[static_cast<size_t>(i)]].push_back(i);
  }
  std::vector<Rows> batches(1);
  for (const auto& [id, some] : members) {
    if (!batches.back().empty() && std::ssize(batches.back()) + std::ssize(some) > size) {
      batches.emplace_back();
    }
    batches.back().insert(batches.back().end(), some.begin(), some.end());
  }
  return batches;
}

/// Divides the residuals of groups by their blocks of I - S (or of G).
class LeftOut {
 public:
  explicit LeftOut(const System& system)
      : system_(system), n_(static_cast<double>(system.rows())) {}

  /// z: L^-1 Q' left (m, rows), so that z'z = left' (A + lambda)^-1 left.
  Completion completion(const Rows& rows, const at::Tensor& z, double lambda) const {
    const auto sizes = group_sizes(rows);
    if (sizes.size() == rows.size()) return single(z, lambda);
    return grouped(sizes, z, lambda);
  }

 private:
  std::vector<int64_t> group_sizes(const Rows& rows) const {
    const auto& group = system_.settings().group;
    if (group.empty()) return std::vector<int64_t>(rows.size(), 1);
    std::vector<int64_t> sizes;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto id = [&](size_t j) { return group[static_cast<size_t>(rows[j])]; };
      if (i == 0 || id(i) != id(i - 1)) sizes.push_back(0);
      ++sizes.back();
    }
    return sizes;
  }

  /// z'z turned into I - S or G, for a row's own element (`own` = 1) or all.
  at::Tensor blocks(const at::Tensor& products, const at::Tensor& own, double lambda) const {
    if (system_.dual()) return products - 1 / (n_ * (system_.lift() * n_ + lambda));
    return own - products - 1 / n_;
  }

  Completion single(const at::Tensor& z, double lambda) const {
    const auto block = blocks(z.square().sum(0), at::ones({1}, z.options()), lambda).unsqueeze(1);
    const auto least = block.min().item<double>();
    Completion result{least > 0, system_.dual() ? 1 : least, {}};
    result.complete = [block](at::Tensor& residual) { residual = residual / block.to(residual); };
    return result;
  }

  Completion grouped(const std::vector<int64_t>& sizes, const at::Tensor& z, double lambda) const {
    Completion result;
    std::vector<at::Tensor> factors;
    int64_t first = 0;
    for (const auto size : sizes) {
      const auto some = z.narrow(1, first, size);
      first += size;
      const auto block = blocks(at::mm(some.t(), some), at::eye(size, z.options()), lambda);
      const auto [factor, info] = at::linalg_cholesky_ex(block);
      result.possible = result.possible && info.item<int64_t>() == 0;
      if (!result.possible) return result;
      if (!system_.dual()) {
        // The least eigenvalue can be so much smaller than the least pivot.
        const auto least = factor.diagonal().square().min().item<double>();
        result.least = std::min(result.least, least / static_cast<double>(size));
      }
      factors.push_back(factor);
    }
    result.complete = [factors](at::Tensor& residual) {
      int64_t row = 0;
      for (const auto& factor : factors) {
        auto some = residual.narrow(0, row, factor.size(0));
        some.copy_(at::cholesky_solve(some.to(at::kDouble), factor));
        row += factor.size(0);
      }
    };
    return result;
  }

  const System& system_;
  double n_;
};

}  // namespace

at::Tensor leave_out_errors(const System& system, const BandReduction& band) {
  const auto& settings = system.settings();
  const auto lambdas = std::ssize(settings.lambdas);
  const auto size = system.at_once(band.size() * 24, system.rows());
  const LeftOut left_out(system);
  HeldOut held{band, whole_groups(settings.group, system.rows(), size), {}, {}, {}, {}};
  held.right = [&](int64_t first, int64_t last) {
    return system.right(first, last, system.dual() ? settings.dtype : at::kDouble);
  };
  if (system.dual()) {
    held.left = [&](const Rows& rows) {
      auto unit = at::zeros({band.size(), std::ssize(rows)}, system.gram().options());
      const auto index = at::tensor(rows).to(unit.device()).unsqueeze(0);
      return unit.scatter_(0, index, 1);
    };
  } else {
    held.left = [&](const Rows& rows) {
      return system.x().read(rows, at::kDouble).t().contiguous();
    };
    held.truth = [&](const Rows& rows, int64_t first, int64_t last) {
      return system.y().read(rows, first, last, settings.dtype);
    };
  }
  held.complete = [&](const Rows& rows, const at::Tensor& z, double lambda) {
    return left_out.completion(rows, z, lambda);
  };
  auto errors = at::zeros({lambdas, system.targets()}, system.gram().options());
  Progress progress(system.run(), "ridge", lambdas * system.rows() * system.targets(),
                    "prediction");
  add_errors(held, system, errors, progress);
  return errors;
}

}  // namespace afterimage::ridge
