#include "afterimage/evaluation/distribution.h"

#include <ATen/ATen.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

struct Normal {
  at::Tensor mean, covariance;
};

Normal normal_of(const at::Tensor& x) {
  const auto rows = x.to(at::kCPU, at::kDouble);
  const auto mean = rows.mean(0);
  const auto centred = rows - mean;
  return {mean, centred.t().matmul(centred) / static_cast<double>(rows.size(0) - 1)};
}

/// Sums over the rows b of other stimuli, each stimulus counted once: sum_j w_j k(a_i, b_j).
at::Tensor kernel_sums(const at::Tensor& a, const at::Tensor& of_a, const at::Tensor& b,
                       const at::Tensor& of_b, const at::Tensor& weights) {
  const auto units = static_cast<double>(a.size(1));
  const int64_t bytes = b.size(0) * 3 * static_cast<int64_t>(sizeof(double));
  std::vector<at::Tensor> sums;
  for_batches(all_rows(a.size(0)), rows_per_batch(bytes),
              [&](int64_t first, const std::vector<int64_t>& part) {
                const auto count = static_cast<int64_t>(part.size());
                const auto own = of_a.narrow(0, first, count).unsqueeze(1).eq(of_b);
                const auto kernel =
                    a.narrow(0, first, count).matmul(b.t()).div_(units).add_(1).pow_(3);
                sums.push_back(kernel.masked_fill_(own, 0).matmul(weights));
              });
  return at::cat(sums);
}

}  // namespace

double frechet_distance(const at::Tensor& x, const at::Tensor& y) {
  const Normal first = normal_of(x), second = normal_of(y);
  // tr (C1 C2)^(1/2) by a symmetric matrix of the same eigenvalues: C1^(1/2) C2 C1^(1/2).
  const auto [values, vectors] = at::linalg_eigh(first.covariance);
  const auto root = (vectors * values.clamp_min(0).sqrt()).matmul(vectors.t());
  const auto product = root.matmul(second.covariance).matmul(root);
  const auto shared = at::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0).sqrt().sum();
  const auto traces = first.covariance.trace() + second.covariance.trace();
  return ((first.mean - second.mean).square().sum() + traces - 2 * shared).item<double>();
}

at::Tensor kernel_distance_values(const at::Tensor& truth, const at::Tensor& made,
                                  const Stimuli& stimuli) {
  const auto x = truth.to(at::kCPU, at::kDouble), y = made.to(at::kCPU, at::kDouble);
  const int64_t count = stimuli.count();
  TORCH_INTERNAL_ASSERT(x.size(0) == count && y.size(0) == stimuli.rows() && count > 2);
  const auto of_x = at::arange(count), of_y = stimuli.of_row();
  const auto ones = at::ones({count}, at::kDouble);
  const auto rows = at::bincount(of_y, {}, count).to(at::kDouble);
  const auto weights = rows.reciprocal().index_select(0, of_y);  // (rows) of y
  const auto per_stimulus = [&](const at::Tensor& of_rows) {
    return stimuli.mean(of_rows.unsqueeze(1)).squeeze(1);
  };
  // sum over j of h_ij = k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(y_i, x_j)
  const auto sums =
      kernel_sums(x, of_x, x, of_x, ones) + per_stimulus(kernel_sums(y, of_y, y, of_y, weights)) -
      kernel_sums(x, of_x, y, of_y, weights) - per_stimulus(kernel_sums(y, of_y, x, of_x, ones));
  const auto n = static_cast<double>(count);
  const auto total = sums.sum();
  const auto whole = total / (n * (n - 1));
  const auto without_each = (total - 2 * sums) / ((n - 1) * (n - 2));
  return n * whole - (n - 1) * without_each;
}

double root_mean_square(const at::Tensor& x) {
  return x.to(at::kDouble).square().mean().sqrt().item<double>();
}

Score frechet_score(const at::Tensor& truth, const at::Tensor& made, const Stimuli& stimuli) {
  if (!stimuli.one_row_each()) {
    return score_not_computed("FID wants one reconstruction of each image");
  }
  if (truth.size(0) <= truth.size(1)) {
    return score_not_computed(concat("FID over ", truth.size(1), " units needs more images than ",
                                     "that, here are ", truth.size(0), "; see KID"));
  }
  Score score;
  score.value = frechet_distance(truth, made);
  score.columns = at::empty({0, 2}, at::kDouble);  // no mean over images: no interval
  return score;
}

Score kernel_score(const at::Tensor& truth, const at::Tensor& made, const Stimuli& stimuli) {
  if (stimuli.count() < kLeastForKernel) {
    return score_not_computed(
        concat("KID needs ", kLeastForKernel, " images, here are ", stimuli.count()));
  }
  const auto values = kernel_distance_values(truth, made, stimuli);
  Score score;
  score.value = values.mean().item<double>();
  score.columns = at::stack({values, at::ones_like(values)}, 1);
  return score;
}

}  // namespace afterimage
