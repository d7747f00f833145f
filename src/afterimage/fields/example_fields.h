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
  auto y = at::stack(responses, 1);
  y = (y - y.mean(0)) / y.std(0, false);
  world.data = {
      (images * 255).round().to(at::kByte), {}, y, at::ones({sensors}, at::kBool), stimuli / 2};
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
