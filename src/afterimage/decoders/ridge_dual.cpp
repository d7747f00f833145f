#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/decoders/ridge_solvers.h"
#include "afterimage/decoders/row_batches.h"

namespace afterimage::ridge {
namespace {

/// The kernel with its vectors measured from the mean of the `train` rows.
at::Tensor centred_kernel(const at::Tensor& kernel, const at::Tensor& train) {
  const auto mean = kernel.index_select(1, train).mean(1, /*keepdim=*/true);  // (n, 1)
  const auto grand = mean.index_select(0, train).mean();
  return kernel - mean - mean.t() + grand;
}

class Dual {
 public:
  Dual(const RidgeData& data, const RidgeSettings& settings) : data_(data), settings_(settings) {}

  RidgeFit fit() {
    RidgeFit fit;
    const auto options = float64(settings_.device);
    auto x = read(data_.x, 0, data_.predictors);  // (n, p)
    if (settings_.lambdas.size() > 1) {
      const auto kernel = at::mm(x, x.t());
      fit.lambda = best_lambda(fit, data_, settings_, cross_validate(kernel, target_kernel()));
    } else {
      fit.lambda = settings_.lambdas.front();
    }
    fit.x_mean = x.mean(0);
    x -= fit.x_mean;
    const auto lower = cholesky_factor(at::mm(x, x.t()), fit.lambda);
    fit.y_mean = at::empty({data_.targets}, options);
    fit.weight = at::empty({data_.predictors, data_.targets}, options.dtype(settings_.dtype));
    for_blocks([&](int64_t first, int64_t last) {
      auto y = read(data_.y, first, last);
      const auto my = y.mean(0);
      fit.y_mean.narrow(0, first, last - first).copy_(my);
      const auto alpha = at::cholesky_solve(y -= my, lower);  // (n, q)
      fit.weight.narrow(1, first, last - first).copy_(at::mm(x.t(), alpha));
    });
    return fit;
  }

 private:
  template <typename Visit>
  void for_blocks(const Visit& visit) const {
    for_target_blocks(data_, std::max(data_.rows, data_.predictors) * 16, settings_.memory, visit);
  }

  /// Columns first, ..., last - 1 of all rows, float64.
  at::Tensor read(const std::function<at::Tensor(const std::vector<int64_t>&)>& source,
                  int64_t first, int64_t last) const {
    const auto out = at::empty({data_.rows, last - first}, float64(settings_.device));
    for (const auto& rows : row_batches(data_.rows)) {
      out.narrow(0, rows.front(), static_cast<int64_t>(rows.size()))
          .copy_(source(rows).narrow(1, first, last - first));
    }
    return out;
  }

  at::Tensor target_kernel() const {
    const auto kernel = at::zeros({data_.rows, data_.rows}, float64(settings_.device));
    for_blocks([&](int64_t first, int64_t last) {
      const auto y = read(data_.y, first, last);
      kernel.addmm_(y, y.t());
    });
    return kernel;
  }

  at::Tensor cross_validate(const at::Tensor& kernel, const at::Tensor& targets) const {
    const auto fold = at::tensor(settings_.fold, at::kLong).to(settings_.device);
    auto error = at::zeros({static_cast<int64_t>(settings_.lambdas.size())}, at::kDouble);
    for (int64_t f = 0; f < fold_count(settings_); ++f) {
      error += held_out_errors(kernel, targets, fold.ne(f).nonzero().squeeze(1),
                               fold.eq(f).nonzero().squeeze(1));
    }
    return error;
  }

  /// With K_tt = U S U' and B = K_ht U the prediction of held-out rows is B diag(d) U'Y_t, hence
  /// a_i = (B' Y_h Y_t' U)_ii and Q = (B'B) * (U' Y_t Y_t' U): targets enter by their kernel only.
  at::Tensor held_out_errors(const at::Tensor& kernel, const at::Tensor& targets,
                             const at::Tensor& train, const at::Tensor& held) const {
    const auto kx = centred_kernel(kernel, train);
    const auto ky = centred_kernel(targets, train);
    const auto rows = [](const at::Tensor& k, const at::Tensor& i, const at::Tensor& j) {
      return k.index_select(0, i).index_select(1, j);
    };
    const auto [values, u] = at::linalg_eigh(rows(kx, train, train));
    const auto b = at::mm(rows(kx, held, train), u);                  // (h, t)
    const auto a = (b * at::mm(rows(ky, held, train), u)).sum(0);     // (t)
    const auto g = at::mm(at::mm(u.t(), rows(ky, train, train)), u);  // (t, t)
    const auto e0 = ky.diagonal().index_select(0, held).sum();
    return held_out_error(settings_.lambdas, values, e0, a, at::mm(b.t(), b) * g);
  }

  const RidgeData& data_;
  const RidgeSettings& settings_;
};

}  // namespace

RidgeFit fit_dual(const RidgeData& data, const RidgeSettings& settings) {
  return Dual(data, settings).fit();
}

}  // namespace afterimage::ridge
