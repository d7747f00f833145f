#include "afterimage/encoding/encoding_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/encoding/output_curve.h"
#include "afterimage/encoding/repeat_noise.h"
#include "afterimage/regression/folds.h"

namespace afterimage {
namespace {

constexpr int64_t kFewestSamples = 20;
constexpr int64_t kBatch = 64;

}  // namespace

Options EncodingOptions::options() {
  return {
      Option("features", features,
             "what sensors see: local (luminance, colour, contrast, oriented energy), early (the "
             "local features of fields), network (SqueezeNet), all (local and network)")
          .one_of({"local", "early", "network", "all"}),
      Option("components", components, "principal components of each layer of the network")
          .range(1, 256),
      Option("size", size, "field of sensors whose size is unknown, a standard deviation")
          .range(1e-3, 10)
          .unit("stimulus widths"),
      Option("lambdas", lambdas, "penalties to choose from, for each sensor").range(1e-6),
      Option("folds", folds, "cross-validation folds, of whole photographs").range(2, 100),
      Option("nonlinearity", nonlinearity, "between drive and response: none, or a cubic")
          .one_of({"none", "cubic"}),
      Option("noise_rank", noise_rank, "dimensions of what sensors' deviations share")
          .range(0, 1000),
  };
}

/// Rows of each fold.
struct EncodingModel::Folds {
  std::vector<std::vector<int64_t>> rows;

  template <typename Use>  // use(fold, rows)
  void for_batches(Use use) const {
    for (size_t f = 0; f < rows.size(); ++f) {
      afterimage::for_batches(
          rows[f], kBatch, [&](int64_t, const auto& part) { use(static_cast<int64_t>(f), part); });
    }
  }
};

EncodingModel::EncodingModel(const EncodingOptions& options, const Sensors& sensors,
                             const RunContext& run)
    : options_(options), sensors_(sensors.count()), features_(options, sensors, run.weights()) {
  if (options_.lambdas.empty()) {
    throw Error("encoding.lambdas", "the list is empty", "Name at least one penalty");
  }
}

void EncodingModel::fit(const SampleSource& train, const RunContext& run) {
  const at::NoGradGuard no_grad;
  const auto photographs = train.photographs();
  if (train.count() < kFewestSamples) {
    throw Error(train.where(), concat("there are ", train.count(), " samples to encode"),
                concat("An encoding model needs ", kFewestSamples, " or more"));
  }
  if (std::set(photographs.begin(), photographs.end()).size() < 2) {
    throw Error(train.where(), "all samples show one photograph, which cannot be held out",
                "Give samples of two or more");
  }
  bins_ = train.bins();
  features_.fit(train);
  const auto fold = grouped_folds(photographs, options_.folds, run.generator("encoding folds"));
  Folds folds;
  folds.rows.resize(static_cast<size_t>(*std::ranges::max_element(fold)) + 1);
  for (size_t i = 0; i < fold.size(); ++i) {
    folds.rows[static_cast<size_t>(fold[i])].push_back(static_cast<int64_t>(i));
  }
  const auto fits = fit_sensors(train, folds, run);
  auto predicted = held_out(train, folds, fits, run);
  take_residuals(train, std::move(predicted), run);
}

std::vector<SensorRidgeFit> EncodingModel::fit_sensors(const SampleSource& train,
                                                       const Folds& folds, const RunContext& run) {
  std::vector<SensorRidge> ridge;
  {
    Progress progress(run, "Encoding", train.count(), "sample");
    folds.for_batches([&](int64_t fold, const auto& rows) {
      run.stop_if_cancelled("stopped; nothing was written");
      const auto x = features_.of(train.images(rows));
      const auto y = train.responses(rows).transpose(0, 1);  // (sensor, n, bin)
      for (size_t g = 0; g < x.size(); ++g) {
        const auto& own = features_.groups()[g].sensors;
        if (ridge.size() == g) {
          ridge.emplace_back(std::ssize(own), x[g].size(2), bins_, std::ssize(folds.rows));
        }
        ridge[g].add(x[g], y.index_select(0, at::tensor(own, at::kLong)), fold);
      }
      progress.advance(std::ssize(rows));
    });
  }
  std::vector<SensorRidgeFit> fits;
  lambda_ = at::empty({sensors_}, at::kDouble);
  weight_.clear();
  intercept_.clear();
  for (size_t g = 0; g < ridge.size(); ++g) {
    const auto& group = features_.groups()[g];
    fits.push_back(ridge[g].solve(options_.lambdas, /*standardise=*/group.has_fields, run));
    weight_.push_back(fits[g].weight[-1].to(at::kFloat));
    intercept_.push_back(fits[g].intercept[-1].to(at::kFloat));
    lambda_.index_copy_(0, at::tensor(group.sensors, at::kLong), fits[g].lambda);
  }
  return fits;
}

/// (n, sensor, bin), the sensors of each group in their places.
at::Tensor EncodingModel::linear(const std::vector<at::Tensor>& weights,
                                 const std::vector<at::Tensor>& intercepts,
                                 const at::Tensor& images) const {
  const auto x = features_.of(images);
  std::vector<at::Tensor> parts;
  std::vector<int64_t> order;
  for (size_t g = 0; g < x.size(); ++g) {
    const auto own = x[g].expand({weights[g].size(0), -1, -1});  // (sensor, n, predictor)
    parts.push_back(at::baddbmm(intercepts[g].unsqueeze(1), own, weights[g]));
    const auto& sensors = features_.groups()[g].sensors;
    order.insert(order.end(), sensors.begin(), sensors.end());
  }
  return at::cat(parts)
      .index_select(0, at::tensor(order, at::kLong).argsort())
      .transpose(0, 1);  // (sensor, n, bin) -> (n, sensor, bin)
}

at::Tensor EncodingModel::held_out(const SampleSource& train, const Folds& folds,
                                   const std::vector<SensorRidgeFit>& fits,
                                   const RunContext& run) const {
  auto predicted = at::empty({train.count(), sensors_, bins_}, at::kFloat);
  Progress progress(run, "Held-out predictions", train.count(), "sample");
  folds.for_batches([&](int64_t fold, const auto& rows) {
    run.stop_if_cancelled("stopped; nothing was written");
    std::vector<at::Tensor> weights, intercepts;
    for (const auto& fit : fits) {
      weights.push_back(fit.weight[fold].to(at::kFloat));
      intercepts.push_back(fit.intercept[fold].to(at::kFloat));
    }
    predicted.index_copy_(0, at::tensor(rows, at::kLong),
                          linear(weights, intercepts, train.images(rows)));
    progress.advance(std::ssize(rows));
  });
  return predicted;
}

/// Turns held-out predictions into deviations, in place, and learns from them.
void EncodingModel::take_residuals(const SampleSource& train, at::Tensor predicted,
                                   const RunContext& run) {
  const auto batches = [&](auto use) {
    for_batches(all_rows(train.count()), kBatch, [&](int64_t first, const auto& rows) {
      run.stop_if_cancelled("stopped; nothing was written");
      use(predicted.narrow(0, first, std::ssize(rows)), train.responses(rows), rows);
    });
  };
  if (options_.nonlinearity == "cubic") {
    CubicFit cubic(at::IntArrayRef({sensors_, bins_}));
    batches([&](const at::Tensor& z, const at::Tensor& y, const auto&) { cubic.add(z, y); });
    curve_ = cubic.solve();
  }
  const auto n = static_cast<double>(train.count());
  auto sum = at::zeros({sensors_, bins_}, at::kDouble), squares = at::zeros_like(sum);
  auto left = at::zeros_like(sum);
  RepeatNoise repeats(train.stimulus());
  batches([&](at::Tensor z, const at::Tensor& y, const auto& rows) {
    const auto exact = y.to(at::kDouble);
    sum += exact.sum(0);
    squares += exact.square().sum(0);
    repeats.add(rows, exact);
    z.copy_(y - (curve_.defined() ? cubic_curve(curve_, z) : z));
    left += z.to(at::kDouble).square().sum(0);
  });
  const auto variance = squares / n - (sum / n).square();
  r2_ = 1 - left / n / variance;
  r2_.masked_fill_(variance <= 1e-12, std::numeric_limits<double>::quiet_NaN());
  knows_noise_ = repeats.known();
  noise_share_ = at::ones_like(sum);
  if (knows_noise_)
    noise_share_ = (repeats.variance() / (left / n)).clamp(0, 1).nan_to_num(1, 1, 1);
  const auto& averaged = train.trials_averaged();
  averaged_ =
      static_cast<double>(std::accumulate(averaged.begin(), averaged.end(), int64_t{0})) / n;
  residuals_ = ResidualNoise::fit(predicted.flatten(1), options_.noise_rank,
                                  run.generator("noise dimensions"));
}

at::Tensor EncodingModel::predict(const at::Tensor& images) const {
  const auto drive = linear(weight_, intercept_, images);
  return curve_.defined() ? cubic_curve(curve_, drive) : drive;
}

at::Tensor EncodingModel::draw(double trials, at::Generator generator) const {
  const auto kept = 1 - noise_share_ + noise_share_ * (averaged_ / trials);
  return residuals_.draw(std::move(generator)).view({sensors_, bins_}) * kept.sqrt().to(at::kFloat);
}

bool EncodingModel::reads_network() const {
  return options_.features == "network" || options_.features == "all";
}

}  // namespace afterimage
