#pragma once

#include <ATen/ATen.h>

#include "afterimage/base/example_run.h"
#include "afterimage/fields/feature_maps.h"
#include "afterimage/fields/field_data.h"
#include "afterimage/fields/gaussian.h"

/// For the tests of this room: sensors that see the luminance under Gaussian fields, with noise.
namespace afterimage::example {

inline RunContext quiet_run() {
  RunOptions options;
  options.threads = 1;  // small problems are fastest on one
  options.weights = AFTERIMAGE_ASSETS "/weights";
  return prepared_run(options);
}

struct LuminanceWorld {
  FieldData data;
  std::vector<GaussianField> truth;
};

/// Standardised responses of each sensor (stimulus) to images in [0,1]; the first half of the
/// stimuli is the first half of the data.
inline FieldData data_of(const at::Tensor& images, const std::vector<at::Tensor>& responses) {
  auto y = at::stack(responses, 1);
  y = (y - y.mean(0)) / y.std(0, false);
  return {
      (images * 255).round().to(at::kByte), {}, y, at::ones({y.size(1)}, at::kBool), y.size(0) / 2};
}

/// `signal` 0 makes responses of noise alone. Half of the sensors have small fields.
inline LuminanceWorld luminance_world(int64_t stimuli, int64_t sensors, double signal,
                                      int64_t side = 32) {
  auto generator = quiet_run().generator("world");
  const auto coarse = at::rand({stimuli, 3, side / 4, side / 4}, generator);
  const auto images = at::upsample_bilinear2d(coarse, {side, side}, false);
  const auto place = at::rand({sensors, 2}, generator, at::kDouble) * 0.7 + 0.15;
  LuminanceWorld world;
  std::vector<at::Tensor> responses;
  for (int64_t s = 0; s < sensors; ++s) {
    const GaussianField field{place[s][0].item<double>(), place[s][1].item<double>(),
                              s % 2 == 0 ? 0.05 : 0.12};
    const GaussianAxis x(even_cells(side), field.x, field.size);
    const GaussianAxis y(even_cells(side), field.y, field.size);
    const auto weights = at::outer(y.value, x.value).to(at::kFloat);
    const auto drive = (images.mean(1) * weights).sum({1, 2});
    const auto z = (drive - drive.mean()) / drive.std(false);
    responses.push_back(signal * z + at::randn({stimuli}, generator));
    world.truth.push_back(field);
  }
  world.data = data_of(images, responses);
  return world;
}

/// As luminance_world, for sensors that see a Gabor under their field: simple cells (`energy`
/// false) or complex ones. The envelopes are 0.06 and 0.12 wide; a wavelength is 2.2 of them.
inline LuminanceWorld gabor_world(int64_t stimuli, int64_t sensors, double signal, bool energy,
                                  int64_t side = 64) {
  auto generator = quiet_run().generator("gabor world");
  // Structure at several scales, as photographs have it.
  auto images = at::zeros({stimuli, 3, side, side});
  for (const int64_t grain : {1, 2, 4, 8}) {
    const auto coarse = at::randn({stimuli, 3, side / grain, side / grain}, generator);
    images += at::upsample_bilinear2d(coarse, {side, side}, false) * static_cast<double>(grain);
  }
  images = (0.5 + images / (6 * images.std())).clamp(0, 1);
  const auto draw = at::rand({sensors, 4}, generator, at::kDouble);
  const auto cells = even_cells(side);
  LuminanceWorld world;
  std::vector<at::Tensor> responses;
  for (int64_t s = 0; s < sensors; ++s) {
    const auto number = [&](int64_t i) { return draw[s][i].item<double>(); };
    const GaussianField field{0.25 + 0.5 * number(0), 0.25 + 0.5 * number(1),
                              s % 2 == 0 ? 0.06 : 0.12};
    const auto dx = ((cells - field.x) / field.size).unsqueeze(0);
    const auto dy = ((cells - field.y) / field.size).unsqueeze(1);
    const auto envelope = (-0.5 * (dx.square() + dy.square())).exp();
    const double angle = M_PI * number(2);
    const auto phase = (std::cos(angle) * dx + std::sin(angle) * dy) * (2 * M_PI / 2.2);
    const auto seen = [&](double shift) {
      return (images.mean(1) * (envelope * (phase + shift).cos()).to(at::kFloat)).sum({1, 2});
    };
    const double shift = 2 * M_PI * number(3);
    const auto drive = energy ? (seen(0).square() + seen(M_PI / 2).square()).sqrt() : seen(shift);
    const auto z = (drive - drive.mean()) / drive.std(false);
    responses.push_back(signal * z + at::randn({stimuli}, generator));
    world.truth.push_back(field);
  }
  world.data = data_of(images, responses);
  return world;
}

/// Distances of the estimated centres from the true ones.
inline at::Tensor centre_errors(const LuminanceWorld& world, const at::Tensor& x,
                                const at::Tensor& y) {
  auto errors = at::empty_like(x);
  for (int64_t s = 0; s < x.size(0); ++s) {
    const auto& field = world.truth[static_cast<size_t>(s)];
    errors[s] = std::hypot(x[s].item<double>() - field.x, y[s].item<double>() - field.y);
  }
  return errors;
}

}  // namespace afterimage::example
