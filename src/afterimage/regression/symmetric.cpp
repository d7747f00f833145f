#include "afterimage/regression/symmetric.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>

namespace afterimage::symmetric {
namespace {

/// Calls `visit(from, to)` for the block rows of first, ..., m - 1. They lie on a fixed grid, so
/// that a diagonal block whose upper half is kept up to date stays one when `first` moves on.
template <typename Visit>
void for_block_rows(int64_t first, int64_t m, const Visit& visit) {
  for (int64_t from = first; from < m;) {
    const auto to = std::min(m, (from / block_rows + 1) * block_rows);
    visit(from, to);
    from = to;
  }
}

at::Tensor part(const at::Tensor& a, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  return a.narrow(0, row, rows).narrow(1, column, columns);
}

}  // namespace

void stop_if_cancelled(const RunContext& run) {
  run.stop_if_cancelled("stopped during ridge regression; nothing was written");
}

void add_product(at::Tensor a, int64_t first, const at::Tensor& left, const at::Tensor& right,
                 double alpha, const RunContext& run) {
  for_block_rows(first, a.size(0), [&](int64_t from, int64_t to) {
    stop_if_cancelled(run);
    part(a, from, to - from, first, to - first)
        .addmm_(left.narrow(0, from - first, to - from), right.narrow(0, 0, to - first).t(), 1,
                alpha);
  });
}

at::Tensor times(const at::Tensor& a, int64_t first, const at::Tensor& v) {
  const auto m = a.size(0);
  auto out = at::zeros({v.size(1), m - first}, v.options());  // (k, m - first)
  const auto vt = v.t().contiguous();
  for_block_rows(first, m, [&](int64_t from, int64_t to) {
    const auto own = part(a, from, to - from, from, to - from);
    const auto here = vt.narrow(1, from - first, to - from);
    out.narrow(1, from - first, to - from).addmm_(here, own);
    if (from == first) return;
    const auto left = part(a, from, to - from, first, from - first);
    out.narrow(1, from - first, to - from).addmm_(vt.narrow(1, 0, from - first), left.t());
    out.narrow(1, 0, from - first).addmm_(here, left);
  });
  return out;
}

void mirror(at::Tensor a) {
  for_block_rows(0, a.size(0), [&](int64_t from, int64_t to) {
    auto own = part(a, from, to - from, from, to - from);
    own.copy_(own.tril() + own.tril(-1).t());
    if (from > 0) {
      part(a, 0, from, from, to - from).copy_(part(a, from, to - from, 0, from).t());
    }
  });
}

bool cholesky(at::Tensor a, const RunContext& run) {
  const auto m = a.size(0);
  bool positive = true;
  for_block_rows(0, m, [&](int64_t from, int64_t to) {
    stop_if_cancelled(run);
    auto own = part(a, from, to - from, from, to - from);
    const auto [lower, info] = at::linalg_cholesky_ex(own);
    positive = positive && info.item<int64_t>() == 0;
    if (!positive) return;
    own.copy_(lower);
    if (to == m) return;
    auto below = part(a, to, m - to, from, to - from);
    below.copy_(at::linalg_solve_triangular(lower.t(), below, /*upper=*/true, /*left=*/false));
    const auto column = below.contiguous();
    add_product(a, to, column, column, -1, run);
  });
  return positive;
}

void solve(const at::Tensor& factor, at::Tensor x, const RunContext& run) {
  const auto m = factor.size(0);
  std::vector<std::pair<int64_t, int64_t>> rows;
  for_block_rows(0, m, [&rows](int64_t from, int64_t to) { rows.emplace_back(from, to); });
  for (auto some : x.split(1024, 1)) {
    for (const auto& [from, to] : rows) {  // L^-1 x
      stop_if_cancelled(run);
      auto own = some.narrow(0, from, to - from);
      if (from > 0)
        own.addmm_(part(factor, from, to - from, 0, from), some.narrow(0, 0, from), 1, -1);
      const auto block = part(factor, from, to - from, from, to - from);
      own.copy_(at::linalg_solve_triangular(block, own, /*upper=*/false));
    }
    for (auto block_row = rows.rbegin(); block_row != rows.rend(); ++block_row) {  // L'^-1 x
      const auto [from, to] = *block_row;
      stop_if_cancelled(run);
      auto own = some.narrow(0, from, to - from);
      if (to < m) {
        own.addmm_(part(factor, to, m - to, from, to - from).t(), some.narrow(0, to, m - to), 1,
                   -1);
      }
      const auto block = part(factor, from, to - from, from, to - from);
      own.copy_(at::linalg_solve_triangular(block.t(), own, /*upper=*/true));
    }
  }
}

void for_columns(int64_t columns, int64_t at_once, const RunContext& run,
                 const std::function<void(int64_t from, int64_t count)>& visit) {
  constexpr int64_t worth_a_thread = 32;
  const bool cpu = run.device().is_cpu();
  const int64_t step = cpu ? std::max(worth_a_thread, at_once / at::get_num_threads()) : at_once;
  const auto each = [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // of this thread
    for (int64_t from = begin; from < end; from += step) {
      stop_if_cancelled(run);
      visit(from, std::min(step, end - from));
    }
  };
  if (cpu) {
    at::parallel_for(0, columns, worth_a_thread, each);
  } else {
    each(0, columns);
  }
}

void add_columns(at::Tensor sum, const at::Tensor& left, const at::Tensor& right,
                 const RunContext& run) {
  const auto work = std::max<int64_t>(1, left.size(0) * left.size(1));
  const auto columns = std::clamp<int64_t>(int64_t{10'000'000'000} / work, 64, 4096);
  for (int64_t first = 0; first < right.size(1); first += columns) {
    stop_if_cancelled(run);
    const auto count = std::min(columns, right.size(1) - first);
    sum.narrow(1, first, count).addmm_(left, right.narrow(1, first, count));
  }
}

}  // namespace afterimage::symmetric
