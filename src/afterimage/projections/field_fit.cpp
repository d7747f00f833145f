#include "afterimage/projections/field_fit.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>

#include <cmath>

namespace afterimage {
namespace {

constexpr int64_t most_samples = 4000, batch = 64;
constexpr int64_t most_pixels = 32;  // side that is fitted: places are found to parts of a pixel
constexpr int64_t steps = 200;
constexpr double tuning_rate = 1e-2, field_rate = 3e-3;
constexpr double tuning_penalty = 0.05;
constexpr double shift_penalty = 0.03, reach = 0.1;

/// Every field on the grid, (sensor, y * x); zero where it has become negligible, as products with
/// denormal numbers are slow.
at::Tensor gaussians(const FieldTensors& fields, int64_t side) {
  const auto grid =
      (at::arange(side, fields.x.options().requires_grad(false)) + 0.5) / static_cast<double>(side);
  const auto squared = [&](const at::Tensor& centre) {
    return (grid - centre.unsqueeze(1)).square() / (2 * fields.size.square()).unsqueeze(1);
  };
  const auto exponent =
      (squared(fields.y).unsqueeze(2) + squared(fields.x).unsqueeze(1)).flatten(1);
  return (-exponent).exp().masked_fill(exponent > 40, 0);
}

}  // namespace

void LayoutProblem::add(const at::Tensor& responses, const at::Tensor& images) {
  const auto pixels = images.flatten(2);  // (n, channel, y * x)
  if (samples_ == 0) {
    const int64_t sensors = responses.size(1);
    responses_ = responses.new_zeros({sensors});
    images_ = at::zeros_like(pixels[0]);
    squares_ = responses.new_zeros({sensors, sensors});
    moments_ = responses.new_zeros({sensors, pixels.size(1), pixels.size(2)});
    side_ = images.size(2);
  }
  responses_ += responses.sum(0);
  images_ += pixels.sum(0);
  squares_ += at::mm(responses.t(), responses);
  moments_ += at::mm(responses.t(), pixels.flatten(1)).view_as(moments_);
  energy_ += pixels.square().sum().item<double>();
  samples_ += responses.size(0);
}

FieldTensors LayoutProblem::fit(const FieldTensors& start) const {
  const auto leaf = [](const at::Tensor& tensor) {
    return tensor.detach().clone().set_requires_grad(true);
  };
  const int64_t sensors = squares_.size(0);
  auto x = leaf(start.x), y = leaf(start.y), log_size = leaf(start.size.log());
  auto tuning = at::zeros({sensors, moments_.size(1), 1}, moments_.options()).requires_grad_();
  const auto options = [](double rate) {
    return std::make_unique<torch::optim::AdamOptions>(
        torch::optim::AdamOptions(rate).betas({0.9, 0.99}));
  };
  torch::optim::Adam adam(
      {torch::optim::OptimizerParamGroup({tuning}, options(tuning_rate)),
       torch::optim::OptimizerParamGroup({x, y, log_size}, options(field_rate))});
  const auto pixels = static_cast<double>(moments_.size(2));
  const auto samples = static_cast<double>(samples_);
  const auto mean_response = responses_ / samples, mean_image = images_ / samples;
  const double variance = energy_ / static_cast<double>(images_.numel() * samples_) -
                          mean_image.square().mean().item<double>();
  const auto squares = squares_ / samples - at::outer(mean_response, mean_response);
  const auto moments =
      (moments_ / samples - mean_response.view({-1, 1, 1}) * mean_image) / std::sqrt(variance);
  for (int64_t step = 0; step < steps; ++step) {
    adam.zero_grad();
    const auto marks =
        tuning * gaussians({x, y, log_size.exp()}, side_).unsqueeze(1);  // (sensor, channel, p)
    // The error is quadratic in the marks: its gradient needs one product, and no graph.
    const auto now = marks.detach();
    const auto explained = at::mm(squares, now.flatten(1)).view_as(now);
    marks.backward(2 / pixels * (explained - moments + tuning_penalty * now));
    const auto moved =
        ((x - start.x.detach()).square() + (y - start.y.detach()).square()) / (reach * reach) +
        (log_size - start.size.detach().log()).square();
    (shift_penalty / static_cast<double>(sensors) * moved.sum()).backward();
    adam.step();
  }
  return {x.detach(), y.detach(), log_size.detach().exp()};
}

FieldTensors fit_fields(const SampleSource& train, const FieldTensors& start,
                        const at::Tensor& active, const RunContext& run) {
  const int64_t count = std::min(most_samples, train.count());
  const auto order = at::randperm(train.count(), run.generator("samples that move the fields"),
                                  at::TensorOptions(at::kLong));
  const int64_t side = std::min(most_pixels, train.image_size());
  LayoutProblem problem;
  for (int64_t first = 0; first < count; first += batch) {
    const auto part = order.slice(0, first, std::min(first + batch, count));
    const std::vector<int64_t> rows(part.const_data_ptr<int64_t>(),
                                    part.const_data_ptr<int64_t>() + part.numel());
    problem.add(train.responses(rows).to(active.device()).mean(2) * active,
                at::adaptive_avg_pool2d(train.images(rows).to(active.device()), {side, side}));
  }
  return problem.fit(start);
}

}  // namespace afterimage
