#include "afterimage/regression/ridge_regression.h"

#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/regression/held_out.h"

namespace afterimage {
namespace {

[[noreturn]] void too_small(double lambda) {
  throw Error("ridge", concat("lambda ", number_text(lambda), " is too small for these responses"),
              "Use a larger one");
}

}  // namespace

struct RidgeRegression::Parts {
  Parts(const RegressionData& data, const RidgeSettings& settings, const RunContext& run)
      : system(data, settings, run) {}

  /// The Gram matrix of all rows, reduced: leaving out and a lambda for each target need it.
  const BandReduction& reduced() {
    if (!band) {
      auto matrix = system.gram().clone();
      if (system.dual()) matrix += system.lift();
      band = std::make_unique<BandReduction>(std::move(matrix), system.run());
    }
    return *band;
  }

  at::Tensor squared_errors(const ridge::System& of) {
    const bool folds = of.settings().validation == Validation::folds;
    TORCH_INTERNAL_ASSERT(!folds || !of.settings().group.empty());
    return folds ? ridge::fold_errors(of) : ridge::leave_out_errors(of, reduced());
  }

  ridge::System system;
  std::unique_ptr<BandReduction> band;
};

RidgeRegression::RidgeRegression(const RegressionData& data, const RidgeSettings& settings,
                                 const RunContext& run) {
  TORCH_INTERNAL_ASSERT(!settings.lambdas.empty());
  TORCH_INTERNAL_ASSERT(settings.group.empty() ||
                        static_cast<int64_t>(settings.group.size()) == data.rows);
  parts_ = std::make_unique<Parts>(data, settings, run);
}

RidgeRegression::~RidgeRegression() = default;

const at::Tensor& RidgeRegression::x_mean() const { return parts_->system.x().mean(); }
const at::Tensor& RidgeRegression::y_mean() const { return parts_->system.y().mean(); }

at::Tensor RidgeRegression::errors() {
  const auto& system = parts_->system;
  const auto rows = static_cast<double>(system.rows());
  if (system.settings().per_target) return parts_->squared_errors(system) / rows;
  const auto fewer = ridge::fewer_targets(system);
  const auto squared = parts_->squared_errors(fewer ? system.with_targets(*fewer) : system);
  return squared.sum(1, /*keepdim=*/true) / (rows * static_cast<double>(system.targets()));
}

at::Tensor RidgeRegression::best(const at::Tensor& errors) const {
  return errors.argmin(0).expand({parts_->system.targets()}).contiguous();
}

void RidgeRegression::coefficients(const at::Tensor& choice, const Visit& visit) {
  auto& system = parts_->system;
  const auto& lambdas = system.settings().lambdas;
  const auto chosen = choice.cpu();
  const auto index = chosen.min().item<int64_t>();
  const bool one = index == chosen.max().item<int64_t>();
  // One lambda: a Cholesky factorisation is the least work, unless the reduction is there already.
  at::Tensor factor;
  if (one && !parts_->band) {
    factor = system.gram().clone();
    factor.diagonal().add_(lambdas[static_cast<size_t>(index)]);
    if (!symmetric::cholesky(factor, system.run())) too_small(lambdas[static_cast<size_t>(index)]);
  } else {
    parts_->reduced();
  }
  const auto wide = std::max(system.x().mean().size(0), system.rows());
  const auto block = system.at_once(wide * 24, system.targets());
  Progress progress(system.run(), "ridge weights", system.targets(), "target");
  for (int64_t first = 0; first < system.targets(); first += block) {
    const auto last = std::min(first + block, system.targets());
    auto solution = system.right(first, last, at::kDouble);  // (m, q)
    if (factor.defined()) {
      symmetric::solve(factor, solution, system.run());
    } else {
      parts_->band->rotate(solution);
      const auto some = chosen.narrow(0, first, last - first);
      for (int64_t l = 0; l < std::ssize(lambdas); ++l) {
        const auto columns = some.eq(l).nonzero().squeeze(1).to(solution.device());
        if (columns.numel() == 0) continue;
        ShiftedBand shifted;
        const auto lambda = lambdas[static_cast<size_t>(l)];
        if (!parts_->band->shift(lambda, shifted)) too_small(lambda);
        symmetric::for_columns(columns.numel(), 1024, system.run(),
                               [&](int64_t from, int64_t count) {
                                 const auto part = columns.narrow(0, from, count);
                                 const auto x = solution.index_select(1, part);
                                 shifted.forward(x);
                                 shifted.backward(x);
                                 solution.index_copy_(1, part, x);
                               });
      }
      parts_->band->rotate_back(solution);
    }
    visit(first, last, solution);
    progress.advance(last - first);
  }
}

void RidgeRegression::weights(const at::Tensor& choice, const Visit& visit) {
  const auto& system = parts_->system;
  const auto type = system.settings().dtype;
  coefficients(choice, [&](int64_t first, int64_t last, const at::Tensor& solution) {
    if (!system.dual()) return visit(first, last, solution.to(type));
    auto weight =
        at::zeros({system.x().mean().size(0), last - first}, solution.options().dtype(type));
    for (const auto& rows : batches_of(all_rows(system.rows()), 1024)) {
      const auto xt = system.x().read(rows, type).t();
      const auto some = solution.narrow(0, rows.front(), std::ssize(rows)).to(type);
      symmetric::add_columns(weight, xt, some, system.run());
    }
    visit(first, last, weight);
  });
}

void RidgeRegression::predictions(const at::Tensor& x, const at::Tensor& choice,
                                  const Visit& visit) {
  const auto& system = parts_->system;
  const auto type = system.settings().dtype;
  auto left = x.to(x_mean()) - x_mean();  // (rows, p) float64
  if (system.dual()) {
    auto kernel = at::empty({left.size(0), system.rows()}, left.options());
    for (const auto& rows : batches_of(all_rows(system.rows()), 512)) {
      symmetric::stop_if_cancelled(system.run());
      kernel.narrow(1, rows.front(), std::ssize(rows))
          .copy_(at::mm(left, system.x().read(rows, at::kDouble).t()));
    }
    left = kernel;
  }
  left = left.to(type);
  coefficients(choice, [&](int64_t first, int64_t last, const at::Tensor& solution) {
    auto predicted = y_mean()
                         .narrow(0, first, last - first)
                         .to(type)
                         .expand({left.size(0), last - first})
                         .contiguous();
    symmetric::add_columns(predicted, left, solution.to(type), system.run());
    visit(first, last, predicted);
  });
}

RidgeFit fit_ridge(const RegressionData& data, const RidgeSettings& settings,
                   const RunContext& run) {
  RidgeRegression regression(data, settings, run);
  RidgeFit fit;
  auto choice = at::zeros({data.targets}, at::kLong);
  if (settings.lambdas.size() > 1) {
    fit.errors = regression.errors();
    choice = regression.best(fit.errors);
    fit.errors = fit.errors.cpu();
  }
  fit.weight = at::empty({data.predictors, data.targets},
                         regression.x_mean().options().dtype(settings.dtype));
  regression.weights(choice, [&](int64_t first, int64_t last, const at::Tensor& weight) {
    fit.weight.narrow(1, first, last - first).copy_(weight);
  });
  fit.x_mean = regression.x_mean();
  fit.y_mean = regression.y_mean();
  fit.lambda = at::tensor(settings.lambdas, at::kDouble).index_select(0, choice.cpu());
  return fit;
}

}  // namespace afterimage
