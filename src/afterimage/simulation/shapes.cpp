#include "afterimage/simulation/shapes.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>

namespace afterimage::simulator {
namespace {

struct Colour {
  const char* name;
  float red, green, blue;
};

constexpr std::array kColours = {Colour{"red", 1, 0, 0},     Colour{"green", 0, 1, 0},
                                 Colour{"blue", 0, 0, 1},    Colour{"yellow", 1, 1, 0},
                                 Colour{"magenta", 1, 0, 1}, Colour{"cyan", 0, 1, 1},
                                 Colour{"white", 1, 1, 1},   Colour{"black", 0, 0, 0}};
constexpr std::array kForms = {"square", "small frame", "large frame", "plus", "cross"};
static_assert(kShapes == static_cast<int64_t>(kColours.size() * kForms.size()));

constexpr double kGray = 0.5;
constexpr int64_t kFiner = 4;  // points along a pixel's side, so that edges are smooth

/// Where a form is: (n, n) bool of points from -.5 to .5 of the stimulus.
at::Tensor inside(size_t form, at::Tensor x, at::Tensor y) {
  constexpr double inner = 1.0 / 8, middle = 1.0 / 4, outer = 3.0 / 8, thick = 1.0 / 16;
  if (kForms[form] == std::string("cross")) {
    const auto turned = (x + y) * std::sqrt(0.5);
    y = (x - y) * std::sqrt(0.5);
    x = turned;
  }
  const auto wide = x.abs(), tall = y.abs();
  const auto reach = at::maximum(wide, tall), width = at::minimum(wide, tall);
  switch (form) {
    case 0:
      return reach.lt(middle);
    case 1:
      return reach.lt(middle).logical_and(reach.ge(inner));
    case 2:
      return reach.lt(outer).logical_and(reach.ge(middle));
    default:
      return reach.lt(outer).logical_and(width.lt(thick));
  }
}

}  // namespace

std::string shape_name(int64_t shape) {
  const auto i = static_cast<size_t>(shape);
  return std::string(kColours[i / kForms.size()].name) + " " + kForms[i % kForms.size()];
}

at::Tensor draw_shape(int64_t shape, int64_t size) {
  const auto i = static_cast<size_t>(shape);
  const auto& colour = kColours[i / kForms.size()];
  const int64_t n = size * kFiner;
  const auto axis = (at::arange(n, at::kFloat) + 0.5) / n - 0.5;
  const auto grid = at::meshgrid({axis, axis}, "ij");
  const auto mask = inside(i % kForms.size(), grid[1], grid[0]).to(at::kFloat);
  const auto share = at::avg_pool2d(mask.unsqueeze(0), kFiner);  // (1, size, size)
  const auto paint = at::tensor({colour.red, colour.green, colour.blue}).view({3, 1, 1});
  return (kGray + share * (paint - kGray)).mul(255).round().to(at::kByte);
}

}  // namespace afterimage::simulator
