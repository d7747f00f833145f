#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"

/// Large symmetric matrices (m, m), of which only the lower triangle counts, in block rows of
/// `block_rows`: a third to a half of the work of whole products, in steps short enough that Ctrl-C
/// is answered within a second. What lies above the diagonal blocks is left as it is.
namespace afterimage::symmetric {

constexpr int64_t block_rows = 512;

/// Leaves with Interrupted when the user has asked to stop.
void stop_if_cancelled(const RunContext& run);

/// a += alpha left right' over rows and columns first, ..., m - 1, for a product that is symmetric;
/// left, right: (m - first, k).
void add_product(at::Tensor a, int64_t first, const at::Tensor& left, const at::Tensor& right,
                 double alpha, const RunContext& run);

/// (a v)' over rows and columns first, ..., m - 1; v: (m - first, k), result (k, m - first).
at::Tensor times(const at::Tensor& a, int64_t first, const at::Tensor& v);

/// Copies the lower triangle to the upper.
void mirror(at::Tensor a);

/// a becomes its Cholesky factor (the lower triangle). False when a is not positive definite.
bool cholesky(at::Tensor a, const RunContext& run);

/// x becomes a^-1 x, a given by its Cholesky factor; x (m, q).
void solve(const at::Tensor& factor, at::Tensor x, const RunContext& run);

/// Calls `visit(from, count)` for all of `columns` columns, at most `at_once` at a time, all
/// threads together (but 32 for each). On a processor each thread has columns of its own, and goes
/// through a chain of small products without waiting for the others after each. Stops when the user
/// asked to.
void for_columns(int64_t columns, int64_t at_once, const RunContext& run,
                 const std::function<void(int64_t from, int64_t count)>& visit);

/// sum += left right, columns of `right` at a time; sum (r, q).
void add_columns(at::Tensor sum, const at::Tensor& left, const at::Tensor& right,
                 const RunContext& run);

}  // namespace afterimage::symmetric
