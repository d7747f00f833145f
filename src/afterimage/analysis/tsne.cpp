#include "afterimage/analysis/tsne.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

#include "afterimage/analysis/repulsion.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// force_i = sum_j p_ij (y_i - y_j) / (1 + |y_i - y_j|^2)
at::Tensor attraction(const Affinities& p, const at::Tensor& points) {
  const auto out = at::empty_like(points);
  auto* force = out.mutable_data_ptr<double>();
  const auto* y = points.const_data_ptr<double>();
  at::parallel_for(0, p.rows(), 256, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      double fx = 0, fy = 0;
      const auto row = static_cast<size_t>(i);
      for (auto m = static_cast<size_t>(p.begin[row]); m < static_cast<size_t>(p.begin[row + 1]);
           ++m) {
        const auto j = static_cast<int64_t>(p.column[m]);
        const double dx = y[2 * i] - y[2 * j], dy = y[2 * i + 1] - y[2 * j + 1];
        const double weight = static_cast<double>(p.probability[m]) / (1 + dx * dx + dy * dy);
        fx += weight * dx;
        fy += weight * dy;
      }
      force[2 * i] = fx;
      force[2 * i + 1] = fy;
    }
  });
  return out;
}

/// Descent with momentum and a gain per coordinate (Jacobs 1988), as the reference code has it.
class Descent {
 public:
  explicit Descent(const at::Tensor& map) : step_(at::zeros_like(map)), gain_(at::ones_like(map)) {}

  void operator()(at::Tensor& map, const at::Tensor& gradient, double rate, double momentum) {
    const auto turning = (step_ * gradient).lt(0);  // against the last step: go on
    gain_ = at::where(turning, gain_ + 0.2, gain_ * 0.8).clamp_min(0.01);
    step_.mul_(momentum).sub_(gain_ * gradient * rate);
    map.add_(step_);
    map.sub_(map.mean(0));
  }

 private:
  at::Tensor step_, gain_;
};

}  // namespace

Options TsneOptions::options() {
  return {
      Option("perplexity", perplexity, "effective number of neighbours").range(1, 1000),
      Option("iterations", iterations, "updates in all").range(1),
      Option("exaggeration", exaggeration, "factor of the attraction at first").range(1, 100),
      Option("exaggeration_iterations", exaggeration_iterations, "updates with it").range(0),
      Option("learning_rate", learning_rate, "of the descent; 0 = rows / exaggeration").range(0),
      Option("exact_up_to", exact_up_to, "rows up to which repulsion is computed pair by pair")
          .range(0),
  };
}

Affinities tsne_affinities(const at::Tensor& rows, const TsneOptions& options) {
  const int64_t n = rows.size(0);
  const auto k = static_cast<int64_t>(3 * options.perplexity);
  if (n <= k) {
    throw Error(
        "t-SNE",
        concat("has ", n, " rows, and perplexity ", options.perplexity, " needs more than ", k),
        concat("Lower the perplexity below ", (n - 1) / 3));
  }
  if (!rows.isfinite().all().item<bool>()) {
    throw Error("t-SNE", "some values are not finite", "Leave those rows out");
  }
  return affinities(nearest_neighbours(rows, k), options.perplexity);
}

/// The largest loading of each component is positive, so that the signs are not the solver's
/// choice.
at::Tensor principal_start(const at::Tensor& rows) {
  const auto centred = rows.to(at::kDouble) - rows.to(at::kDouble).mean(0);
  const bool wide = centred.size(1) > centred.size(0);
  const auto gram = wide ? at::mm(centred, centred.t()) : at::mm(centred.t(), centred);
  const auto vectors = std::get<1>(at::linalg_eigh(gram));
  const int64_t count = std::min<int64_t>(2, vectors.size(1));
  const auto two = vectors.slice(1, vectors.size(1) - count).flip(1);
  auto axes = wide ? at::mm(centred.t(), two) : two;  // (d, 2)
  const auto largest = axes.gather(0, axes.abs().argmax(0, true));
  auto map = at::mm(centred, axes * largest.sign() / axes.norm(2, 0).clamp_min(1e-300));
  map = map / map.select(1, 0).std().clamp_min(1e-300) * 1e-4;
  if (map.size(1) < 2) map = at::cat({map, at::zeros_like(map)}, 1);
  return map.contiguous();
}

at::Tensor random_start(int64_t n, at::Generator generator) {
  return at::randn({n, 2}, std::move(generator), at::kDouble) * 1e-4;
}

Tsne tsne(const Affinities& p, const at::Tensor& start, const TsneOptions& options,
          const RunContext& run) {
  const int64_t n = p.rows();
  TORCH_INTERNAL_ASSERT(start.size(0) == n && start.size(1) == 2);
  const double rate = options.learning_rate > 0 ? options.learning_rate
                                                : static_cast<double>(n) / options.exaggeration;
  Tsne out{start.clone(), 0};
  Descent descend(out.map);
  GridRepulsion interpolated;
  for (int64_t step = 0; step < options.iterations; ++step) {
    run.stop_if_cancelled(concat("stopped after t-SNE's step ", step));
    const bool early = step < options.exaggeration_iterations;
    const auto apart = n <= options.exact_up_to ? exact_repulsion(out.map) : interpolated(out.map);
    const auto gradient =
        attraction(p, out.map) * (early ? options.exaggeration : 1.0) - apart.force / apart.z;
    descend(out.map, gradient, rate, early ? 0.5 : 0.8);
  }
  out.divergence = tsne_divergence(p, out.map);
  return out;
}

Tsne tsne(const at::Tensor& rows, const TsneOptions& options, const RunContext& run) {
  const Affinities p = tsne_affinities(rows, options);  // refuses what has no components either
  return tsne(p, principal_start(rows), options, run);
}

double tsne_divergence(const Affinities& p, const at::Tensor& map) {
  const double z = exact_repulsion(map).z;
  const auto* y = map.const_data_ptr<double>();
  double sum = 0;
  for (int64_t i = 0; i < p.rows(); ++i) {
    const auto row = static_cast<size_t>(i);
    for (auto m = static_cast<size_t>(p.begin[row]); m < static_cast<size_t>(p.begin[row + 1]);
         ++m) {
      const auto j = static_cast<int64_t>(p.column[m]);
      const double dx = y[2 * i] - y[2 * j], dy = y[2 * i + 1] - y[2 * j + 1];
      const double one = static_cast<double>(p.probability[m]);
      if (one > 0) sum += one * std::log(one * z * (1 + dx * dx + dy * dy));
    }
  }
  return sum;
}

}  // namespace afterimage
