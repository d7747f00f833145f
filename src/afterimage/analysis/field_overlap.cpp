#include "afterimage/analysis/field_overlap.h"

#include <ATen/ATen.h>

#include <cmath>

#include "afterimage/simulation/geometry.h"

namespace afterimage {

at::Tensor array_fields(const Sensors& sensors, const std::vector<SensorGroup>& arrays,
                        int64_t side) {
  std::vector<at::Tensor> fields;
  for (const auto& array : arrays) {
    std::vector<int64_t> known;
    for (const int64_t s : array.sensors) {
      const double size = sensors.size[static_cast<size_t>(s)];
      if (sensors.mapped(s) && std::isfinite(size) && size > 0) known.push_back(s);
    }
    fields.push_back(
        known.empty() ? at::full({side, side}, NAN, at::kFloat)
                      : simulator::gaussian_fields(sensors, known, side).sum(1).view({side, side}));
  }
  return at::stack(fields);
}

at::Tensor overlaps(const at::Tensor& maps, const at::Tensor& fields) {
  const auto standard = [](const at::Tensor& all) {  // (h, pixel): mean 0, length 1
    const auto flat = all.flatten(1).to(at::kDouble);
    const auto centred = flat - flat.mean(1, /*keepdim=*/true);
    return centred / centred.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-300);
  };
  return at::mm(standard(maps), standard(fields).t());
}

double matched_by_chance(const at::Tensor& likeness, int64_t permutations,
                         const at::Generator& random) {
  const double given = likeness.diagonal().mean().item<double>();
  int64_t as_near = 1;
  for (int64_t i = 0; i < permutations; ++i) {
    const auto order = at::randperm(likeness.size(0), random);
    as_near += likeness.gather(1, order.unsqueeze(1)).mean().item<double>() >= given - 1e-12;
  }
  return static_cast<double>(as_near) / static_cast<double>(permutations + 1);
}

}  // namespace afterimage
