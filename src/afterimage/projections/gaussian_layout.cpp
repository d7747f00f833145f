#include "afterimage/projections/gaussian_layout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <limits>
#include <vector>

namespace afterimage {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A square of the map and the sensors whose field reaches it.
struct Tile {
  int64_t row = 0, column = 0, height = 0, width = 0;
  at::Tensor sensors;
};

/// Pixels a side of a tile on the CPU: small tiles leave out more of small fields, large ones make
/// better matrix products (measured with benchmarks/tuned.cpp).
constexpr int64_t tile_side = 32;

/// How far a field reaches, in standard deviations: there it has fallen below the type's precision.
double reach_of(c10::ScalarType type) {
  const double precision = type == at::kDouble ? std::numeric_limits<double>::epsilon()
                                               : std::numeric_limits<float>::epsilon();
  return std::sqrt(-2 * std::log(precision));
}

/// Everything in one tile where launching many small products costs more than it saves.
std::vector<Tile> plan_tiles(const at::Tensor& x, const at::Tensor& y, const at::Tensor& size,
                             int64_t side) {
  if (!x.device().is_cpu()) return {{0, 0, side, side, {}}};
  const double widths = reach_of(x.scalar_type());
  const auto columns = x.to(at::kDouble).contiguous(), rows = y.to(at::kDouble).contiguous(),
             sizes = size.to(at::kDouble).contiguous();
  const double *px = columns.const_data_ptr<double>(), *py = rows.const_data_ptr<double>(),
               *ps = sizes.const_data_ptr<double>();
  std::vector<Tile> tiles;
  std::vector<int64_t> reached;
  for (int64_t row = 0; row < side; row += tile_side) {
    for (int64_t column = 0; column < side; column += tile_side) {
      Tile tile{
          row, column, std::min(tile_side, side - row), std::min(tile_side, side - column), {}};
      const auto apart = [side](double centre, int64_t first, int64_t count) {
        const double low = (static_cast<double>(first) + 0.5) / static_cast<double>(side);
        const double high = (static_cast<double>(first + count) - 0.5) / static_cast<double>(side);
        return std::max({low - centre, centre - high, 0.0});
      };
      reached.clear();
      for (int64_t s = 0; s < x.numel(); ++s) {
        const double reach = widths * ps[s];
        if (std::hypot(apart(px[s], column, tile.width), apart(py[s], row, tile.height)) <= reach) {
          reached.push_back(s);
        }
      }
      if (reached.empty()) continue;
      tile.sensors = at::tensor(reached, at::kLong);
      tiles.push_back(std::move(tile));
    }
  }
  return tiles;
}

at::Tensor chosen(const at::Tensor& values, const Tile& tile) {
  return tile.sensors.defined() ? values.index_select(values.dim() - 1, tile.sensors) : values;
}

/// The fields of a tile's sensors on one axis, and the distances from their centres.
struct Profile {
  at::Tensor distance, value;  // (s, pixels)
};

Profile profile(const at::Tensor& centre, const at::Tensor& size, int64_t first, int64_t count,
                int64_t side) {
  const auto pixels =
      (at::arange(first, first + count, centre.options()) + 0.5).div_(static_cast<double>(side));
  Profile out;
  out.distance = pixels.unsqueeze(0) - centre.unsqueeze(1);
  // What is less than rounding is nothing: products with denormal numbers take twenty times as
  // long.
  const auto reached = out.distance.abs() <= (reach_of(centre.scalar_type()) * size).unsqueeze(1);
  out.value = (out.distance / size.unsqueeze(1)).square_().mul_(-0.5).exp_().mul_(reached);
  return out;
}

/// The fields of a tile's sensors. (s, y * x)
at::Tensor fields_of(const Profile& x, const Profile& y) {
  return (y.value.unsqueeze(2) * x.value.unsqueeze(1)).flatten(1);
}

/// Calls `use` for every tile, in parallel where there are many.
template <typename Use>
void for_tiles(const std::vector<Tile>& tiles, Use use) {
  at::parallel_for(0, static_cast<int64_t>(tiles.size()), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;  // of this thread
    for (int64_t i = begin; i < end; ++i)
      use(static_cast<size_t>(i), tiles[static_cast<size_t>(i)]);
  });
}

at::Tensor part_of(const at::Tensor& maps, const Tile& tile) {
  return maps.slice(1, tile.row, tile.row + tile.height)
      .slice(2, tile.column, tile.column + tile.width);
}

/// What one tile adds to the gradients, for its sensors.
struct TileGradient {
  at::Tensor weights, x, y, size;
};

class Layout : public torch::autograd::Function<Layout> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weights,
                            const at::Tensor& x, const at::Tensor& y, const at::Tensor& size,
                            int64_t side) {
    context->save_for_backward({weights, x, y, size});
    context->saved_data["side"] = side;
    const auto tiles = plan_tiles(x, y, size, side);
    auto out = at::zeros({weights.size(0), side, side}, weights.options());
    for_tiles(tiles, [&](size_t, const Tile& tile) {
      const auto s = chosen(size, tile);
      const auto along_x = profile(chosen(x, tile), s, tile.column, tile.width, side);
      const auto along_y = profile(chosen(y, tile), s, tile.row, tile.height, side);
      const auto map = at::mm(chosen(weights, tile), fields_of(along_x, along_y));
      part_of(out, tile).copy_(map.view({-1, tile.height, tile.width}));
    });
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &weights = saved[0], &x = saved[1], &y = saved[2], &size = saved[3];
    const int64_t side = context->saved_data["side"].toInt();
    const bool fields = context->needs_input_grad(1) || context->needs_input_grad(2) ||
                        context->needs_input_grad(3);
    const auto tiles = plan_tiles(x, y, size, side);
    std::vector<TileGradient> parts(tiles.size());
    for_tiles(tiles, [&](size_t i, const Tile& tile) {
      const auto given = part_of(gradients[0], tile).reshape({weights.size(0), -1});  // (m, y * x)
      const auto s = chosen(size, tile);
      const auto along_x = profile(chosen(x, tile), s, tile.column, tile.width, side);
      const auto along_y = profile(chosen(y, tile), s, tile.row, tile.height, side);
      auto field = fields_of(along_x, along_y);
      parts[i].weights = at::mm(given, field.t());
      if (!fields) return;
      field.mul_(at::mm(chosen(weights, tile).t(), given));  // (s, y * x)
      const auto product = field.view({-1, tile.height, tile.width});
      const auto over_y = product.sum(1), over_x = product.sum(2);  // (s, x), (s, y)
      const auto variance = s.square();
      parts[i].x = (over_y * along_x.distance).sum(1) / variance;
      parts[i].y = (over_x * along_y.distance).sum(1) / variance;
      parts[i].size = ((over_y * along_x.distance.square()).sum(1) +
                       (over_x * along_y.distance.square()).sum(1)) /
                      (variance * s);
    });
    return collect(tiles, parts, weights, x, fields);
  }

 private:
  /// In the order of the tiles, so that the sums do not depend on the threads.
  static variable_list collect(const std::vector<Tile>& tiles,
                               const std::vector<TileGradient>& parts, const at::Tensor& weights,
                               const at::Tensor& x, bool fields) {
    auto of_weights = at::zeros_like(weights);
    auto of_x = at::zeros_like(x), of_y = at::zeros_like(x), of_size = at::zeros_like(x);
    const auto add = [](at::Tensor& sum, const Tile& tile, const at::Tensor& part) {
      if (tile.sensors.defined())
        sum.index_add_(sum.dim() - 1, tile.sensors, part);
      else
        sum.add_(part);
    };
    for (size_t i = 0; i < tiles.size(); ++i) {
      add(of_weights, tiles[i], parts[i].weights);
      if (!fields) continue;
      add(of_x, tiles[i], parts[i].x);
      add(of_y, tiles[i], parts[i].y);
      add(of_size, tiles[i], parts[i].size);
    }
    if (!fields) return {of_weights, {}, {}, {}, {}};
    return {of_weights, of_x, of_y, of_size, {}};
  }
};

}  // namespace

at::Tensor lay_out_gaussians(const at::Tensor& weights, const at::Tensor& x, const at::Tensor& y,
                             const at::Tensor& size, int64_t side) {
  TORCH_CHECK(weights.dim() == 2 && x.dim() == 1 && x.sizes() == y.sizes() &&
                  x.sizes() == size.sizes() && weights.size(1) == x.size(0),
              "weights must be (m, s) and x, y, size (s), got ", weights.sizes(), x.sizes(),
              y.sizes(), size.sizes());
  return Layout::apply(weights, x, y, size, side);
}

}  // namespace afterimage
