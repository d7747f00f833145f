#include "afterimage/projections/tuned_start.h"

#include <ATen/ATen.h>

#include <limits>
#include <map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/gaussian_layout.h"

namespace afterimage {
namespace {

constexpr size_t batch = 64;
constexpr int64_t most_samples = 4000;
constexpr int64_t patch_images = 512;  // whose patches give the principal components

using Rows = std::vector<int64_t>;

/// Rows of the samples that are fitted and those held out: whole photographs, a fifth of them.
struct Parts {
  Rows fitted, held_out;
};

Parts divide(const SampleSource& train, const RunContext& run) {
  const auto photographs = train.photographs();
  const auto order = at::randperm(train.count(), run.generator("samples that start the tuning"),
                                  at::TensorOptions(at::kLong));
  std::map<std::string, bool> held_out;  // by photograph
  Parts parts;
  for (int64_t i = 0; i < std::min(most_samples, train.count()); ++i) {
    const auto row = order[i].item<int64_t>();
    const auto& photograph = photographs[static_cast<size_t>(row)];
    const bool out = held_out.emplace(photograph, held_out.size() % 5 == 4).first->second;
    (out ? parts.held_out : parts.fitted).push_back(row);
  }
  return parts;
}

TuningProblem problem_of(const SampleSource& train, const Rows& rows, const FieldTensors& fields,
                         const at::Tensor& active, const at::Tensor& filters, bool pooled) {
  TuningProblem problem(fields, train.image_size());
  for (size_t first = 0; first < rows.size(); first += batch) {
    const auto last = std::min(first + batch, rows.size());
    const Rows part(rows.begin() + static_cast<std::ptrdiff_t>(first),
                    rows.begin() + static_cast<std::ptrdiff_t>(last));
    auto responses = train.responses(part).to(active.device()) * active.unsqueeze(1);
    if (pooled) responses = responses.sum(2, /*keepdim=*/true);
    problem.add(responses, filter_images(train.images(part).to(active.device()), filters));
  }
  return problem;
}

/// The lambda whose tuning errs least on the samples held out.
double choose_lambda(const TuningProblem& fitted, const TuningProblem& held_out) {
  double best = 0, least = std::numeric_limits<double>::infinity();
  for (const double share : {1e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0}) {
    const double lambda = share * fitted.scale();
    const double error = held_out.error(fitted.solve(lambda));
    if (error < least) {
      least = error;
      best = lambda;
    }
  }
  return best;
}

}  // namespace

TuningProblem::TuningProblem(const FieldTensors& fields, int64_t side) {
  const auto one_each = at::eye(fields.x.numel(), fields.x.options());
  fields_ = lay_out_gaussians(one_each, fields.x, fields.y, fields.size, side).flatten(1);
  overlap_ = at::mm(fields_, fields_.t()).to(at::kDouble).cpu();
}

void TuningProblem::add(const at::Tensor& responses, const at::Tensor& features) {
  const int64_t bins = responses.size(2);
  const auto columns = responses.flatten(1);                       // (n, k)
  const auto seen = at::matmul(features.flatten(2), fields_.t());  // (n, feature, sensor)
  const auto square = at::mm(columns.t(), columns).to(at::kDouble).cpu();
  const auto moment =
      at::einsum("nsb,ncs->sbc", {responses, seen}).flatten(0, 1).to(at::kDouble).cpu();
  if (!squares_.defined()) {
    overlap_ = overlap_.repeat_interleave(bins, 0).repeat_interleave(bins, 1);
    squares_ = at::zeros_like(square);
    moments_ = at::zeros_like(moment);
  }
  squares_ += square;
  moments_ += moment;
  samples_ += responses.size(0);
}

at::Tensor TuningProblem::solve(double lambda) const {
  auto system = gram();
  system.diagonal().add_(lambda);
  return at::cholesky_solve(moments_, at::linalg_cholesky(system));
}

at::Tensor TuningProblem::energy(const at::Tensor& tuning) const {
  return (tuning * at::mm(gram(), tuning)).sum(0);
}

double TuningProblem::error(const at::Tensor& tuning) const {
  return (energy(tuning).sum() - 2 * (tuning * moments_).sum()).item<double>();
}

at::Tensor patch_components(const at::Tensor& images, int64_t count) {
  const int64_t patch = std::max<int64_t>(2, images.size(3) / 8),
                step = std::max<int64_t>(1, patch / 2);
  if (count > 3 * patch * patch) {
    throw Error("projection.features",
                concat("is ", count, ", and a patch of ", patch, " x ", patch, " pixels has ",
                       3 * patch * patch, " values"),
                "Ask for fewer features, or set projection.tuning_start = \"random\"");
  }
  const auto patches = images.unfold(2, patch, step)
                           .unfold(3, patch, step)       // (n, 3, y, x, patch, patch)
                           .permute({0, 2, 3, 1, 4, 5})  // (n, y, x, 3, patch, patch)
                           .reshape({-1, 3 * patch * patch})
                           .to(at::kDouble);
  const auto centred = patches - patches.mean(0);
  const auto covariance =
      at::mm(centred.t(), centred) / static_cast<double>(std::max<int64_t>(1, centred.size(0) - 1));
  const auto [variance, direction] = at::linalg_eigh(covariance.cpu());  // ascending
  const auto first = direction.narrow(1, direction.size(1) - count, count).flip(1);
  const auto scale = variance.narrow(0, variance.size(0) - count, count).flip(0).clamp_min(1e-12);
  return (first / scale.sqrt())
      .t()
      .reshape({count, 3, patch, patch})
      .to(images.device(), images.scalar_type());
}

at::Tensor filter_images(const at::Tensor& images, const at::Tensor& filters) {
  const int64_t patch = filters.size(2), before = (patch - 1) / 2, after = patch - 1 - before;
  const auto padded = at::replication_pad2d(images - 0.5, {before, after, before, after});
  return at::conv2d(padded, filters);
}

at::Tensor fit_tuning(const SampleSource& train, const FieldTensors& fields,
                      const at::Tensor& active, int64_t features, const RunContext& run) {
  const int64_t sensors = active.numel(), bins = train.bins();
  if (sensors > largest_tuning_problem) {
    throw Error("projection 'tuned'",
                concat("the closed-form start is for at most ", largest_tuning_problem,
                       " sensors, and the recording has ", sensors),
                "Set projection.tuning_start = \"random\"");
  }
  const bool pooled = sensors * bins > largest_tuning_problem;
  const Parts parts = divide(train, run);
  const Rows some(
      parts.fitted.begin(),
      parts.fitted.begin() + std::min<std::ptrdiff_t>(patch_images, std::ssize(parts.fitted)));
  const auto filters = patch_components(train.images(some).to(active.device()), features);

  const auto fitted = problem_of(train, parts.fitted, fields, active, filters, pooled);
  double lambda = 0.1 * fitted.scale();
  if (!parts.held_out.empty()) {
    lambda =
        choose_lambda(fitted, problem_of(train, parts.held_out, fields, active, filters, pooled));
  }
  auto tuning = fitted.solve(lambda);
  const auto pixels = static_cast<double>(train.image_size() * train.image_size());
  const auto variance = fitted.energy(tuning) / (static_cast<double>(fitted.samples()) * pixels);
  tuning = tuning / variance.sqrt().clamp_min(1e-12);
  return tuning.view({sensors, -1, features})
      .expand({sensors, bins, features})
      .to(active.device(), at::kFloat);
}

}  // namespace afterimage
