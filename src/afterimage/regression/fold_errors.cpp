#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/regression/held_out.h"

namespace afterimage::ridge {
namespace {

/// One fold: the rows held out are measured from the means of the others, which train.
class Fold {
 public:
  Fold(const System& system, Rows train, Rows held)
      : system_(system), train_(std::move(train)), held_(std::move(held)) {
    y_shift_ = shift_of(system.y());
  }

  void add(at::Tensor errors, Progress& progress) {
    const BandReduction band(system_.dual() ? dual_matrix() : primal_matrix(), system_.run());
    const auto type = system_.settings().dtype;
    const auto exact = precision(band);
    HeldOut held{band, batches_of(held_, system_.at_once(band.size() * 24, std::ssize(held_))),
                 {},   {},
                 {},   {}};
    held.truth = [this, type](const Rows& rows, int64_t first, int64_t last) {
      return system_.y().read(rows, first, last, type) -
             y_shift_.narrow(0, first, last - first).to(type);
    };
    if (system_.dual()) {
      held.left = [this](const Rows& rows) { return kernel(rows).t().contiguous(); };
      held.right = [&held, this](int64_t first, int64_t last) {
        return held.truth(train_, first, last);
      };
    } else {
      held.left = [this, exact](const Rows& rows) {
        return (system_.x().read(rows, exact) - x_shift_.to(exact)).t().contiguous();
      };
      held.right = [this, exact](int64_t first, int64_t last) {
        return primal_right(first, last, exact);
      };
    }
    add_errors(held, system_, errors, progress);
  }

 private:
  /// X'Y rounded to float32 moves predictions by the root of the condition number times the
  /// rounding, in units of Y.
  at::ScalarType precision(const BandReduction& band) const {
    const auto& lambdas = system_.settings().lambdas;
    const auto least = *std::min_element(lambdas.begin(), lambdas.end());
    return band.condition(least) < 1e6 ? system_.settings().dtype : at::kDouble;
  }

  double count() const { return static_cast<double>(train_.size()); }

  at::Tensor index(const Rows& rows) const { return at::tensor(rows).to(system_.gram().device()); }

  /// Mean of the training rows; the sum over all rows is zero.
  at::Tensor shift_of(const CentredRows& values) const {
    auto sum = at::zeros_like(values.mean());
    for (const auto& batch : batches_of(held_, 512)) sum -= values.read(batch, at::kDouble).sum(0);
    return sum / count();
  }

  /// X'X of the training rows, from that of all rows.
  at::Tensor primal_matrix() {
    x_shift_ = shift_of(system_.x());
    auto gram = system_.gram().clone();
    for (const auto& batch : batches_of(held_, 1024)) {
      const auto xt = system_.x().read(batch, at::kDouble).t();
      symmetric::add_product(gram, 0, xt, xt, -1, system_.run());
    }
    const auto mean = x_shift_.unsqueeze(1);
    symmetric::add_product(gram, 0, mean, mean, -count(), system_.run());
    return gram;
  }

  at::Tensor primal_right(int64_t first, int64_t last, at::ScalarType type) const {
    auto right = system_.right(first, last, type);
    right -= system_.cross(held_, first, last, type);
    const auto y_shift = y_shift_.narrow(0, first, last - first);
    return right.addmm_(x_shift_.unsqueeze(1).to(type), y_shift.unsqueeze(0).to(type), 1, -count());
  }

  /// The kernel of the training rows about their mean.
  at::Tensor dual_matrix() {
    const auto train = index(train_);
    auto chosen = at::zeros({system_.rows()}, system_.gram().options());
    chosen.index_fill_(0, train, 1 / count());
    mean_ = at::mv(system_.gram(), chosen);  // (n)
    grand_mean_ = at::dot(mean_, chosen);
    auto matrix = at::empty({std::ssize(train_), std::ssize(train_)}, system_.gram().options());
    int64_t row = 0;
    for (const auto& batch : batches_of(train_, 512)) {
      symmetric::stop_if_cancelled(system_.run());
      matrix.narrow(0, row, std::ssize(batch)).copy_(kernel(batch));
      row += std::ssize(batch);
    }
    return matrix += system_.lift();
  }

  /// Rows against training rows, (rows, train).
  at::Tensor kernel(const Rows& rows) const {
    const auto train = index(train_), some = index(rows);
    auto block = system_.gram().index_select(0, some).index_select(1, train);
    block -= mean_.index_select(0, some).unsqueeze(1);
    block -= mean_.index_select(0, train).unsqueeze(0);
    return block += grand_mean_;
  }

  const System& system_;
  Rows train_, held_;
  at::Tensor y_shift_, x_shift_;  // means of the training rows
  at::Tensor mean_, grand_mean_;  // of the kernel over training rows
};

}  // namespace

at::Tensor fold_errors(const System& system) {
  const auto& group = system.settings().group;
  const auto lambdas = std::ssize(system.settings().lambdas);
  auto errors = at::zeros({lambdas, system.targets()}, system.gram().options());
  Progress progress(system.run(), "ridge", lambdas * system.rows() * system.targets(),
                    "prediction");
  for (int64_t f = 0; f <= *std::max_element(group.begin(), group.end()); ++f) {
    Rows train, held;
    for (int64_t i = 0; i < system.rows(); ++i) {
      (group[static_cast<size_t>(i)] == f ? held : train).push_back(i);
    }
    if (!held.empty()) Fold(system, std::move(train), std::move(held)).add(errors, progress);
  }
  return errors;
}

}  // namespace afterimage::ridge
