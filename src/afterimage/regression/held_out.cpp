#include "afterimage/regression/held_out.h"

#include <ATen/ATen.h>
#include <algorithm>
#include <limits>

namespace afterimage::ridge {
namespace {

at::Tensor copy_as(at::ScalarType type, const at::Tensor& x) {
  return x.to(type, /*non_blocking=*/false, /*copy=*/true);
}

/// One batch of rows with one block of targets first, ..., last - 1.
class Block {
 public:
  Block(const HeldOut& held, const System& system, at::Tensor errors, int64_t first)
      : held_(held), system_(system), errors_(std::move(errors)), first_(first) {}

  /// h: Q' left (m, rows), c: Q' right (m, q), y: (rows, q) or undefined.
  void add(size_t index, const Rows& rows, const at::Tensor& h, const at::Tensor& c,
           const at::Tensor& y) const {
    const auto lambda = system_.settings().lambdas[index];
    auto error = errors_[static_cast<int64_t>(index)];
    ShiftedBand band;
    Completion completion;
    // Leaving out takes residuals from one, and lets small ones count: in float64.
    const bool easy = !held_.complete && held_.band.condition(lambda) < 1e4;
    const auto solved = easy ? system_.settings().dtype : at::kDouble;
    completion.possible = held_.band.shift(lambda, band, solved);
    auto z = copy_as(solved, h);
    if (completion.possible) {
      symmetric::for_columns(z.size(1), 1024, system_.run(), [&](int64_t from, int64_t count) {
        band.forward(z.narrow(1, from, count));
      });
    }
    if (completion.possible && held_.complete) completion = held_.complete(rows, z, lambda);
    if (!completion.possible) {
      error.fill_(std::numeric_limits<double>::infinity());
      return;
    }
    // A row whose residual is a thousandth of its error needs more digits than float32 has.
    const auto type = completion.least < 1e-3 ? at::kDouble : system_.settings().dtype;
    const auto zt = z.t().to(type);
    z.reset();
    const auto at_once = columns_at_once(zt.size(0));
    symmetric::for_columns(c.size(1), at_once, system_.run(), [&](int64_t from, int64_t count) {
      auto u = copy_as(solved, c.narrow(1, from, count));
      band.forward(u);
      auto residual = at::mm(zt, u.to(type));
      if (y.defined()) residual = y.narrow(1, from, count) - residual;
      if (completion.complete) completion.complete(residual);
      error.narrow(0, first_ + from, count).add_(residual.square().sum(0, false, at::kDouble));
    });
  }

 private:
  /// Products of about a tenth of a second.
  int64_t columns_at_once(int64_t rows) const {
    return std::clamp<int64_t>(int64_t{10'000'000'000} / (rows * held_.band.size()), 64, 1024);
  }

  const HeldOut& held_;
  const System& system_;
  at::Tensor errors_;
  int64_t first_;
};

}  // namespace

void add_errors(const HeldOut& held, const System& system, at::Tensor errors, Progress& progress) {
  const auto targets = system.targets();
  const auto block = system.at_once(held.band.size() * 16, targets);
  for (int64_t first = 0; first < targets; first += block) {
    const auto last = std::min(first + block, targets);
    const auto c = held.right(first, last);
    held.band.rotate(c);
    for (const auto& rows : held.batches) {
      const auto h = held.left(rows);
      held.band.rotate(h);
      const auto y = held.truth ? held.truth(rows, first, last) : at::Tensor();
      for (size_t index = 0; index < system.settings().lambdas.size(); ++index) {
        Block(held, system, errors, first).add(index, rows, h, c, y);
        progress.advance(std::ssize(rows) * (last - first));
      }
    }
  }
}

}  // namespace afterimage::ridge
