#include "afterimage/regression/ridge_system.h"

#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/base/batches.h"
#include "afterimage/base/progress.h"

namespace afterimage::ridge {

System::System(const RegressionData& data, const RidgeSettings& settings, const RunContext& run)
    : settings_(settings),
      run_(run),
      rows_(data.rows),
      predictors_(data.predictors),
      dual_(data.rows < data.predictors),
      x_([x = data.x](const Rows& rows, int64_t, int64_t) { return x(rows); }, data.rows,
         data.predictors, run.device(), settings.memory),
      y_(data.y, data.rows, data.targets, run.device(), settings.memory / 2),
      gram_(dual_ ? dual_gram() : primal_gram()) {
  keep_cross();
  if (dual_) lift_ = gram_.diagonal().mean().item<double>() / static_cast<double>(rows_);
}

void System::keep_cross() {
  cross_.reset();
  if (dual_ || predictors_ * targets() * 8 > settings_.memory) return;
  cross_ = cross(all_rows(rows_), 0, targets(), at::kDouble);
}

System System::with_targets(CentredRows y) const {
  System other = *this;
  other.y_ = std::move(y);
  other.keep_cross();
  return other;
}

at::Tensor System::primal_gram() const {
  auto gram = at::zeros({predictors_, predictors_}, x_.mean().options());
  for (const auto& batch : batches_of(all_rows(rows_), 1024)) {
    const auto xt = x_.read(batch, at::kDouble).t();
    symmetric::add_product(gram, 0, xt, xt, 1, run_);
  }
  return gram;
}

at::Tensor System::dual_gram() const {
  auto gram = at::empty({rows_, rows_}, x_.mean().options());
  // Where the rows are read anew for each pair of batches, these are few.
  const auto size = x_.kept() ? 1024 : std::max<int64_t>(1024, at_once(predictors_ * 32, rows_));
  const auto batches = batches_of(all_rows(rows_), size);
  for (const auto& upper : batches) {
    const auto xi = x_.read(upper, at::kDouble);
    for (const auto& left : batches) {
      if (left.front() > upper.front()) break;
      const auto xj = left.front() == upper.front() ? xi : x_.read(left, at::kDouble);
      auto block = gram.narrow(0, upper.front(), xi.size(0)).narrow(1, left.front(), xj.size(0));
      for (int64_t row = 0; row < xi.size(0); row += 512) {
        symmetric::stop_if_cancelled(run_);
        const auto count = std::min<int64_t>(512, xi.size(0) - row);
        block.narrow(0, row, count).copy_(at::mm(xi.narrow(0, row, count), xj.t()));
      }
    }
  }
  symmetric::mirror(gram);
  return gram;
}

at::Tensor System::cross(const Rows& rows, int64_t first, int64_t last, at::ScalarType type) const {
  auto out = at::zeros({predictors_, last - first}, x_.mean().options().dtype(type));
  for (const auto& batch : batches_of(rows, 1024)) {
    symmetric::stop_if_cancelled(run_);
    out.addmm_(x_.read(batch, type).t(), y_.read(batch, first, last, type));
  }
  return out;
}

at::Tensor System::right(int64_t first, int64_t last, at::ScalarType type) const {
  if (cross_.defined()) return cross_.narrow(1, first, last - first).to(type, false, /*copy=*/true);
  const auto all = all_rows(rows_);
  return dual_ ? y_.read(all, first, last, type) : cross(all, first, last, type);
}

int64_t System::at_once(int64_t bytes_each, int64_t all) const {
  return std::clamp<int64_t>(settings_.memory / bytes_each, 1, all);
}

std::optional<CentredRows> fewer_targets(const System& system) {
  const auto n = system.rows();
  if (2 * system.targets() < 3 * n || n * n * 8 > system.settings().memory) return std::nullopt;
  auto gram = at::zeros({n, n}, system.gram().options());
  const auto all = all_rows(n);
  const auto block = system.at_once(n * 8, 2048);
  Progress progress(system.run(), "ridge targets", system.targets(), "target");
  for (int64_t first = 0; first < system.targets(); first += block) {
    const auto last = std::min(first + block, system.targets());
    const auto y = system.y().read(all, first, last, at::kDouble);
    symmetric::add_product(gram, 0, y, y, 1, system.run());
    progress.advance(last - first);
  }
  // YY' has no full rank: as much noise as rounding makes of its trace.
  gram.diagonal().add_(1e-13 * gram.diagonal().sum().item<double>());
  if (!symmetric::cholesky(gram, system.run())) return std::nullopt;
  gram.tril_();
  return CentredRows(
      [gram](const Rows& rows, int64_t first, int64_t last) {
        return gram.narrow(1, first, last - first)
            .index_select(0, at::tensor(rows).to(gram.device()));
      },
      n, n, gram.device(), 0);
}

}  // namespace afterimage::ridge
