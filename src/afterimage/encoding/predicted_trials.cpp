#include "afterimage/encoding/predicted_trials.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/batches.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

constexpr int64_t kBatch = 64;

at::Tensor from_bytes(const at::Tensor& images) { return images.to(at::kFloat).div_(255); }

}  // namespace

PredictedTrials::PredictedTrials(const SampleSource& real, const FurtherImages& further,
                                 const EncodingModel& encoder, const Settings& settings,
                                 const RunContext& run)
    : real_(real),
      further_(further),
      encoder_(encoder),
      settings_(settings),
      run_(run),
      stimulus_(real.stimulus()),
      trials_averaged_(real.trials_averaged()) {
  const int64_t next = stimulus_.empty() ? 0 : *std::ranges::max_element(stimulus_) + 1;
  const auto average = static_cast<int64_t>(std::llround(settings.average));
  for (int64_t i = 0; i < settings.count; ++i) stimulus_.push_back(next + i);
  trials_averaged_.resize(stimulus_.size(), average);
}

std::vector<std::string> PredictedTrials::photographs() const {
  auto names = real_.photographs();
  for (int64_t i = 0; i < settings_.count; ++i) names.push_back(further_.photograph(i));
  return names;
}

bool PredictedTrials::keeps() const {
  const int64_t pixels = 3 * image_size() * image_size();
  return settings_.count * (pixels + 4 * sensors() * bins()) <= settings_.memory_limit;
}

at::Tensor PredictedTrials::made_images(const Numbers& numbers) const {
  return further_.images(numbers).mul_(255).round_().to(at::kByte);
}

at::Tensor PredictedTrials::made_responses(const Numbers& numbers, const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  auto responses = encoder_.predict(from_bytes(images)).contiguous();
  if (settings_.noise == 0) return responses;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto drawn = encoder_.draw(
        settings_.average, run_.generator(concat("noise of predicted trial ", numbers[i])));
    responses[static_cast<int64_t>(i)].add_(drawn, settings_.noise);
  }
  return responses;
}

void PredictedTrials::make_all() const {
  if (images_.defined()) return;
  const int64_t size = image_size();
  auto images = at::empty({settings_.count, 3, size, size}, at::kByte);
  responses_ = at::empty({settings_.count, sensors(), bins()}, at::kFloat);
  Progress progress(run_, "Predicting trials", settings_.count, "trial");
  for_batches(all_rows(settings_.count), kBatch, [&](int64_t first, const Numbers& numbers) {
    run_.stop_if_cancelled("stopped; nothing was written");
    const auto n = std::ssize(numbers);
    images.narrow(0, first, n).copy_(made_images(numbers));
    responses_.narrow(0, first, n).copy_(made_responses(numbers, images.narrow(0, first, n)));
    progress.advance(n);
  });
  images_ = images;
}

template <typename Real, typename Predicted>
at::Tensor PredictedTrials::together(const std::vector<int64_t>& rows, Real real,
                                     Predicted predicted) const {
  std::vector<int64_t> of_real, numbers, order, later;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool is_real = rows[i] < real_.count();
    (is_real ? of_real : numbers).push_back(is_real ? rows[i] : rows[i] - real_.count());
    (is_real ? order : later).push_back(static_cast<int64_t>(i));
  }
  if (numbers.empty()) return real(of_real);
  if (of_real.empty()) return predicted(numbers);
  order.insert(order.end(), later.begin(), later.end());
  return at::cat({real(of_real), predicted(numbers)})
      .index_select(0, at::tensor(order, at::kLong).argsort());
}

at::Tensor PredictedTrials::responses(const std::vector<int64_t>& rows) const {
  return together(
      rows, [&](const auto& own) { return real_.responses(own); },
      [&](const Numbers& numbers) {
        if (!keeps()) return made_responses(numbers, made_images(numbers));
        make_all();
        return responses_.index_select(0, at::tensor(numbers, at::kLong));
      });
}

at::Tensor PredictedTrials::images(const std::vector<int64_t>& rows) const {
  return together(
      rows, [&](const auto& own) { return real_.images(own); },
      [&](const Numbers& numbers) {
        if (!keeps()) return from_bytes(made_images(numbers));
        make_all();
        return from_bytes(images_.index_select(0, at::tensor(numbers, at::kLong)));
      });
}

}  // namespace afterimage
