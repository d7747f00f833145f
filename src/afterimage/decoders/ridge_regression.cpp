#include "afterimage/decoders/ridge_regression.h"

#include <ATen/ATen.h>
#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/ridge_solvers.h"

namespace afterimage {
namespace ridge {

at::TensorOptions float64(const c10::Device& device) {
  return at::TensorOptions().dtype(at::kDouble).device(device);
}

int64_t fold_count(const RidgeSettings& settings) {
  return 1 + *std::max_element(settings.fold.begin(), settings.fold.end());
}

void for_target_blocks(const RidgeData& data, int64_t column_bytes, int64_t memory,
                       const std::function<void(int64_t, int64_t)>& visit) {
  const auto block = std::clamp<int64_t>(memory / column_bytes, 1, data.targets);
  for (int64_t first = 0; first < data.targets; first += block) {
    visit(first, std::min(first + block, data.targets));
  }
}

at::Tensor held_out_error(const std::vector<double>& lambdas, const at::Tensor& eigenvalues,
                          const at::Tensor& e0, const at::Tensor& a, const at::Tensor& q) {
  const auto lambda = at::tensor(lambdas, at::kDouble).to(eigenvalues.device());
  // Rounding makes the eigenvalues of a singular Gram matrix slightly negative.
  const auto d = (eigenvalues.clamp_min(0).unsqueeze(0) + lambda.unsqueeze(1)).reciprocal();
  return (e0 - 2 * at::mv(d, a) + (at::mm(d, q) * d).sum(1)).cpu();  // (lambda)
}

at::Tensor cholesky_factor(at::Tensor gram, double lambda) {
  gram.diagonal().add_(lambda);
  const auto [lower, info] = at::linalg_cholesky_ex(gram);
  if (info.item<int64_t>() != 0) {
    throw Error("ridge",
                concat("lambda ", number_text(lambda), " is too small for these responses"),
                "Use a larger one");
  }
  return lower;
}

double best_lambda(RidgeFit& fit, const RidgeData& data, const RidgeSettings& settings,
                   const at::Tensor& squared_error) {
  const auto count = static_cast<double>(data.rows) * static_cast<double>(data.targets);
  const auto mean = (squared_error / count).contiguous();
  fit.errors.assign(mean.const_data_ptr<double>(), mean.const_data_ptr<double>() + mean.numel());
  const auto best = std::min_element(fit.errors.begin(), fit.errors.end()) - fit.errors.begin();
  return settings.lambdas[static_cast<size_t>(best)];
}

}  // namespace ridge

RidgeFit fit_ridge(const RidgeData& data, const RidgeSettings& settings) {
  TORCH_INTERNAL_ASSERT(!settings.lambdas.empty());
  TORCH_INTERNAL_ASSERT(settings.lambdas.size() == 1 ||
                        static_cast<int64_t>(settings.fold.size()) == data.rows);
  return data.rows < data.predictors ? ridge::fit_dual(data, settings)
                                     : ridge::fit_primal(data, settings);
}

}  // namespace afterimage
