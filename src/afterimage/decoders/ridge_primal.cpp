#include <ATen/ATen.h>

#include "afterimage/decoders/ridge_solvers.h"
#include "afterimage/decoders/row_batches.h"

namespace afterimage::ridge {
namespace {

/// Sums of one fold (or several) over its rows; the cross terms for one block of targets.
struct Sums {
  double n = 0;
  at::Tensor x, y;    // (p), (q)
  at::Tensor xx, xy;  // (p, p), (p, q)
  double yy = 0;

  Sums operator-(const Sums& part) const {
    return {n - part.n, x - part.x, y - part.y, xx - part.xx, xy - part.xy, yy - part.yy};
  }
  void operator+=(const Sums& part) {
    n += part.n;
    x += part.x;
    y += part.y;
    xx += part.xx;
    xy += part.xy;
    yy += part.yy;
  }
  /// X'X and X'Y with x and y measured from the given means.
  at::Tensor xx_about(const at::Tensor& mx) const {
    return xx - at::outer(x, mx) - at::outer(mx, x) + n * at::outer(mx, mx);
  }
  at::Tensor xy_about(const at::Tensor& mx, const at::Tensor& my) const {
    return xy - at::outer(x, my) - at::outer(mx, y) + n * at::outer(mx, my);
  }
  double yy_about(const at::Tensor& my) const {
    return yy - 2 * at::dot(y, my).item<double>() + n * at::dot(my, my).item<double>();
  }
};

/// What one fold's error needs of all targets: products of its training rows (X, Y) and its
/// held-out rows (H, Y_H), measured from the training means.
struct Products {
  at::Tensor train_xx, held_xx;  // X'X, H'H: (p, p)
  at::Tensor across, within;     // H'Y_H Y'X, X'Y Y'X: (p, p), summed over targets
  double held_yy = 0;
};

class Primal {
 public:
  Primal(const RidgeData& data, const RidgeSettings& settings)
      : data_(data), settings_(settings), choosing_(settings.lambdas.size() > 1) {
    if (!choosing_) return;
    folds_ = fold_count(settings);
    const auto zero = at::zeros({1, 1}, float64(settings.device));
    products_.assign(static_cast<size_t>(folds_), {{}, {}, zero, zero, 0});
  }

  RidgeFit fit() {
    const auto options = float64(settings_.device);
    xy_ = at::empty({data_.predictors, data_.targets}, options);
    fit_.y_mean = at::empty({data_.targets}, options);
    for_target_blocks(data_, data_.predictors * 8 * (folds_ + 1), settings_.memory,
                      [this](int64_t first, int64_t last) { add_targets(first, last); });
    fit_.lambda = choosing_ ? best_lambda(fit_, data_, settings_, held_out_errors())
                            : settings_.lambdas.front();
    solve();
    return fit_;
  }

 private:
  /// Reads the data once for targets first, ..., last - 1: their means, X'Y and share of the folds'
  /// products.
  void add_targets(int64_t first, int64_t last) {
    const auto parts = read_sums(first, last);
    auto all = empty_sums(last - first);
    for (const auto& part : parts) all += part;
    for (size_t f = 0; choosing_ && f < parts.size(); ++f) {
      add_products(products_[f], all - parts[f], parts[f]);
    }
    const auto my = all.y / all.n;
    fit_.x_mean = all.x / all.n;
    fit_.y_mean.narrow(0, first, last - first).copy_(my);
    xy_.narrow(1, first, last - first).copy_(all.xy_about(fit_.x_mean, my));
    gram_ = all.xx_about(fit_.x_mean);
  }

  void solve() {
    const auto lower = cholesky_factor(gram_, fit_.lambda);
    fit_.weight = at::empty_like(xy_, xy_.options().dtype(settings_.dtype));
    for_target_blocks(
        data_, data_.predictors * 8, settings_.memory, [&](int64_t first, int64_t last) {
          const auto block = xy_.narrow(1, first, last - first);
          fit_.weight.narrow(1, first, last - first).copy_(at::cholesky_solve(block, lower));
        });
  }

  Sums empty_sums(int64_t targets) const {
    const auto options = float64(settings_.device);
    const auto p = data_.predictors;
    return {0,
            at::zeros({p}, options),
            at::zeros({targets}, options),
            at::zeros({p, p}, options),
            at::zeros({p, targets}, options),
            0};
  }

  /// One pass over the data: the sums of every fold for targets first, ..., last - 1.
  std::vector<Sums> read_sums(int64_t first, int64_t last) const {
    std::vector<Sums> parts;
    for (int64_t f = 0; f < folds_; ++f) parts.push_back(empty_sums(last - first));
    for (int64_t f = 0; f < folds_; ++f) {
      for (const auto& rows : row_batches(rows_of(f))) {
        add(parts[static_cast<size_t>(f)], rows, first, last);
      }
    }
    return parts;
  }

  void add(Sums& sums, const std::vector<int64_t>& rows, int64_t first, int64_t last) const {
    const auto options = float64(settings_.device);
    const auto x = data_.x(rows).to(options);                                 // (n, p)
    const auto y = data_.y(rows).narrow(1, first, last - first).to(options);  // (n, q)
    sums.n += static_cast<double>(rows.size());
    sums.x += x.sum(0);
    sums.y += y.sum(0);
    sums.xx.addmm_(x.t(), x);
    sums.xy.addmm_(x.t(), y);
    sums.yy += y.square().sum().item<double>();
  }

  std::vector<int64_t> rows_of(int64_t fold) const {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < data_.rows; ++i) {
      if (!choosing_ || settings_.fold[static_cast<size_t>(i)] == fold) rows.push_back(i);
    }
    return rows;
  }

  void add_products(Products& fold, const Sums& train, const Sums& held) const {
    const auto mx = train.x / train.n;
    const auto my = train.y / train.n;
    const auto train_xy = train.xy_about(mx, my);
    fold.train_xx = train.xx_about(mx);
    fold.held_xx = held.xx_about(mx);
    fold.across = fold.across + at::mm(held.xy_about(mx, my), train_xy.t());
    fold.within = fold.within + at::mm(train_xy, train_xy.t());
    fold.held_yy += held.yy_about(my);
  }

  /// With X'X = V S V' of the training rows the prediction of held-out rows H is
  /// H V diag(d) V'X'Y, hence a_i = (V' H'Y_H Y'X V)_ii and Q = (V'H'H V) * (V'X'Y Y'X V).
  at::Tensor held_out_errors() const {
    auto error = at::zeros({static_cast<int64_t>(settings_.lambdas.size())}, at::kDouble);
    for (const auto& fold : products_) {
      const auto [values, v] = at::linalg_eigh(fold.train_xx);
      const auto rotated = [&v = v](const at::Tensor& m) { return at::mm(at::mm(v.t(), m), v); };
      const auto e0 = at::full({}, fold.held_yy, float64(settings_.device));
      error += held_out_error(settings_.lambdas, values, e0, rotated(fold.across).diagonal(),
                              rotated(fold.held_xx) * rotated(fold.within));
    }
    return error;
  }

  const RidgeData& data_;
  const RidgeSettings& settings_;
  bool choosing_;
  int64_t folds_ = 1;
  RidgeFit fit_;
  at::Tensor gram_, xy_;  // (p, p), (p, q)
  std::vector<Products> products_;
};

}  // namespace

RidgeFit fit_primal(const RidgeData& data, const RidgeSettings& settings) {
  return Primal(data, settings).fit();
}

}  // namespace afterimage::ridge
