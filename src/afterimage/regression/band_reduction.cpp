#include "afterimage/regression/band_reduction.h"

#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/regression/symmetric.h"

namespace afterimage {
namespace {

/// T of the product of reflections I - V T V' (Schreiber & Van Loan 1989).
at::Tensor block_factor(const at::Tensor& v, const at::Tensor& tau) {
  const auto products = at::mm(v.t(), v).cpu();
  const auto scales = tau.cpu();
  const auto k = scales.size(0);
  const auto t = at::zeros({k, k}, products.options());
  const auto g = products.accessor<double, 2>();
  const auto s = scales.accessor<double, 1>();
  auto out = t.accessor<double, 2>();
  for (int64_t j = 0; j < k; ++j) {
    for (int64_t i = 0; i < j; ++i) {
      double sum = 0;
      for (int64_t l = i; l < j; ++l) sum += out[i][l] * g[l][j];
      out[i][j] = -s[j] * sum;
    }
    out[j][j] = s[j];
  }
  return t.to(v.device());
}

}  // namespace

BandReduction::BandReduction(at::Tensor a, const RunContext& run) : run_(run), a_(std::move(a)) {
  const auto m = size();
  for (int64_t row = 0; row < m; row += width) {
    const auto rows = std::min(width, m - row);
    const auto block = a_.narrow(0, row, rows).narrow(1, row, rows).tril();
    diagonal_.push_back(block + block.tril(-1).t());
    if (row + rows < m) reflect(row + rows);
  }
  find_ends();
}

/// Makes the block left of `row`, below the diagonal, triangular: A <- H'A H with H = I - V T V'.
void BandReduction::reflect(int64_t row) {
  symmetric::stop_if_cancelled(run_);
  auto panel = a_.narrow(0, row, size() - row).narrow(1, row - width, width);
  const auto [qr, tau] = at::geqrf(panel.contiguous());
  below_.push_back(qr.narrow(0, 0, std::min(width, qr.size(0))).triu());
  auto v = panel.narrow(1, 0, tau.size(0));
  v.copy_(qr.narrow(1, 0, tau.size(0)).tril(-1));
  v.diagonal().fill_(1);
  const auto t = block_factor(v, tau);
  reflections_.push_back({row, v, t});

  auto w = at::mm(symmetric::times(a_, row, v).t(), t);       // A V T
  w -= at::mm(v, at::mm(t.t(), at::mm(v.t(), w))).mul_(0.5);  // - V (T'V'A V T) / 2
  symmetric::add_product(a_, row, at::cat({w, v}, 1), at::cat({v, w}, 1), -1, run_);
}

void BandReduction::rotate(at::Tensor x, bool back) const {
  constexpr int64_t at_once = 1024;  // as many as stay in the cache
  symmetric::for_columns(x.size(1), at_once, run_, [&](int64_t first, int64_t count) {
    auto some = x.narrow(1, first, count);
    const auto apply = [&](const Reflection& reflection) {
      auto rows = some.narrow(0, reflection.row, size() - reflection.row);
      const auto v = reflection.v.to(x.scalar_type());
      const auto t = (back ? reflection.t : reflection.t.t()).to(x.scalar_type());
      rows.addmm_(v, at::mm(t, at::mm(v.t(), rows)), 1, -1);
    };
    if (back) {
      std::for_each(reflections_.rbegin(), reflections_.rend(), apply);
    } else {
      std::for_each(reflections_.begin(), reflections_.end(), apply);
    }
  });
}

void BandReduction::rotate(at::Tensor x) const { rotate(std::move(x), false); }

void BandReduction::rotate_back(at::Tensor x) const { rotate(std::move(x), true); }

/// Block Cholesky: with L_k on the diagonal and M_k below it, forward substitution is
/// y_k+1 = L_k+1^-1 (x_k+1 - M_k y_k): one product with [y_k; x_k+1], which lie side by side.
bool BandReduction::shift(double lambda, ShiftedBand& band, at::ScalarType type) const {
  band = {};
  at::Tensor below;
  for (size_t k = 0; k < diagonal_.size(); ++k) {
    auto block = diagonal_[k].clone();
    block.diagonal().add_(lambda);
    if (k > 0) block -= at::mm(below, below.t());
    const auto [lower, info] = at::linalg_cholesky_ex(block);
    if (info.item<int64_t>() != 0) return false;
    const auto inverse = at::linalg_solve_triangular(lower, at::eye(lower.size(0), lower.options()),
                                                     /*upper=*/false);
    if (k > 0) {
      band.down_.push_back(at::cat({at::mm(inverse, below).neg_(), inverse}, 1));
      band.up_.push_back(
          at::cat({band.inverse_.back().t(), at::mm(below, band.inverse_.back()).t().neg()}, 1));
    }
    band.inverse_.push_back(inverse);
    band.size_.push_back(lower.size(0));
    if (k < below_.size()) below = at::mm(below_[k], inverse.t());
  }
  for (auto* blocks : {&band.inverse_, &band.down_, &band.up_}) {
    for (auto& block : *blocks) block = block.to(type);
  }
  return true;
}

/// The largest from above by the norms of B's blocks, the least by inverse iteration.
void BandReduction::find_ends() {
  double coupling = 0;
  for (size_t k = 0; k < diagonal_.size(); ++k) {
    const auto next = k < below_.size() ? below_[k].norm().item<double>() : 0;
    largest_ = std::max(largest_, diagonal_[k].norm().item<double>() + coupling + next);
    coupling = next;
  }
  ShiftedBand band;
  const double lambda = 1e-10 * largest_;
  if (largest_ <= 0 || !shift(lambda, band)) return;
  auto x = at::ones({size(), 1}, a_.options());
  double growth = 1;
  for (int step = 0; step < 6; ++step) {
    x /= x.norm();
    band.forward(x);
    band.backward(x);
    growth = x.norm().item<double>();
  }
  least_ = std::max(0.0, 1 / growth - lambda);
}

void ShiftedBand::forward(at::Tensor x) const {
  x.narrow(0, 0, size_[0]).copy_(at::mm(inverse_[0], x.narrow(0, 0, size_[0])));
  int64_t row = 0;
  for (size_t k = 0; k < down_.size(); ++k) {
    const auto both = x.narrow(0, row, size_[k] + size_[k + 1]);
    row += size_[k];
    x.narrow(0, row, size_[k + 1]).copy_(at::mm(down_[k], both));
  }
}

void ShiftedBand::backward(at::Tensor x) const {
  int64_t row = x.size(0) - size_.back();
  x.narrow(0, row, size_.back()).copy_(at::mm(inverse_.back().t(), x.narrow(0, row, size_.back())));
  for (size_t k = up_.size(); k-- > 0;) {
    row -= size_[k];
    const auto both = x.narrow(0, row, size_[k] + size_[k + 1]);
    x.narrow(0, row, size_[k]).copy_(at::mm(up_[k], both));
  }
}

}  // namespace afterimage
