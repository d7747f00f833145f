#include "afterimage/projections/attention_core.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "afterimage/projections/attention_direct.h"

namespace afterimage {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Smallest denominator at which the arrays that underflowed do not count.
double smallest_denominator(c10::ScalarType type) { return type == at::kDouble ? 1e-280 : 1e-28; }

/// Elements of a directly computed tile's weights.
constexpr int64_t tile_elements = int64_t{1} << 21;

MapTile interior_of(const AttentionGrid& grid) {
  return {grid.axis.begin, grid.axis.end, grid.axis.begin, grid.axis.end};
}

at::Tensor part_of(const at::Tensor& plane, const MapTile& tile) {  // (c, y, n, x)
  return plane.slice(1, tile.top, tile.bottom).slice(3, tile.left, tile.right);
}

/// The frame around the interior, or where there is none the whole map.
std::vector<MapTile> border_of(const AttentionGrid& grid) {
  const int64_t side = grid.class_of.numel();
  const MapTile in = interior_of(grid);
  if (in.empty()) return {{0, side, 0, side}};
  return {{0, in.top, 0, side},
          {in.bottom, side, 0, side},
          {in.top, in.bottom, 0, in.left},
          {in.top, in.bottom, in.right, side}};
}

/// The tile in rows few enough that its weights stay small.
template <typename Use>
void for_strips(const AttentionParts& parts, const MapTile& tile, Use use) {
  if (tile.empty()) return;
  const int64_t row = parts.value.numel() * (tile.right - tile.left);
  const int64_t step = std::max<int64_t>(1, tile_elements / std::max<int64_t>(row, 1));
  for (int64_t top = tile.top; top < tile.bottom; top += step) {
    use(MapTile{top, std::min(tile.bottom, top + step), tile.left, tile.right});
  }
}

/// A tile that is higher than wide: better computed with x and y exchanged, whose innermost axis is
/// long.
bool upright(const MapTile& tile) { return tile.bottom - tile.top > tile.right - tile.left; }

void direct_into(const AttentionParts& parts, const AttentionGrid& grid, const MapTile& tile,
                 const at::Tensor& plane) {
  if (upright(tile)) {
    return direct_into(parts.transposed(), grid, tile.transposed(), plane.transpose(1, 3));
  }
  for_strips(parts, tile, [&](const MapTile& strip) {
    part_of(plane, strip).copy_(direct_forward(parts, grid, strip));
  });
}

/// Adds to `gradients`.
void direct_gradient(const AttentionParts& parts, const AttentionGrid& grid, const MapTile& tile,
                     const at::Tensor& plane, const at::Tensor& given,
                     const AttentionParts& gradients) {
  if (upright(tile)) {
    return direct_gradient(parts.transposed(), grid, tile.transposed(), plane.transpose(1, 3),
                           given.transpose(1, 3), gradients.transposed());
  }
  for_strips(parts, tile, [&](const MapTile& strip) {
    direct_backward(parts, grid, strip, part_of(plane, strip), part_of(given, strip), gradients);
  });
}

/// exp of scores relative to the largest over h.
at::Tensor relative_exp(const at::Tensor& scores) {  // (c, h, ...)
  return (scores - scores.amax(1, true)).exp_();
}

/// The factors of the interior.
struct Factors {
  Factors(const AttentionParts& parts, const AttentionGrid& grid) {
    const auto in = interior_of(grid);
    const auto a = relative_exp(
        parts.score_x.select(2, grid.axis.interior).slice(2, in.left, in.right));  // (c, h, x)
    b = relative_exp(
        parts.score_y.select(2, grid.axis.interior).slice(2, in.top, in.bottom));  // (c, h, y)
    const auto u = relative_exp(
        parts.score.select(4, grid.axis.interior).select(2, grid.axis.interior));  // (c, h, n)
    ua = u.unsqueeze(3) * a.unsqueeze(2);                                          // (c, h, n, x)
    value = parts.value.unsqueeze(3) +
            parts.value_x.slice(2, in.left, in.right).unsqueeze(2);  // (c, h, n, x)
    value_y = parts.value_y.slice(2, in.top, in.bottom);             // (c, h, y)
    left = at::cat({b, b * value_y}, 1);                             // (c, 2h, y)
    right = at::cat({ua * value, ua}, 1);                            // (c, 2h, n, x)
  }
  at::Tensor b, ua, value, value_y, left, right;
};

/// (c, y, n * x) from (c, r, y) and (c, r, n, x).
at::Tensor product(const at::Tensor& left, const at::Tensor& right) {
  return at::bmm(left.transpose(1, 2), right.flatten(2));
}

void factored_gradient(const AttentionParts& parts, const AttentionGrid& grid,
                       const at::Tensor& denominator, const at::Tensor& plane,
                       const at::Tensor& given, const AttentionParts& gradients) {
  const auto in = interior_of(grid);
  const Factors f(parts, grid);
  const int64_t h = parts.value.size(1);
  auto g = part_of(given, in) / denominator;            // (c, y, n, x)
  const auto ga = (g * part_of(plane, in)).flatten(2);  // (c, y, n * x)
  g = g.flatten(2);

  // Along x: sums over y.
  const auto by_x = at::bmm(f.left, g).view_as(f.right);  // (c, 2h, n, x)
  const auto of_value = by_x.narrow(1, 0, h);
  const auto of_score = f.value.mul(of_value)
                            .add_(by_x.narrow(1, h, h))
                            .sub_(at::bmm(f.b, ga).view_as(f.ua))
                            .mul_(f.ua);
  const auto of_value_nx = of_value.mul(f.ua);
  gradients.score.select(4, grid.axis.interior).select(2, grid.axis.interior).add_(of_score.sum(3));
  gradients.score_x.select(2, grid.axis.interior).slice(2, in.left, in.right).add_(of_score.sum(2));
  gradients.value.add_(of_value_nx.sum(3));
  gradients.value_x.slice(2, in.left, in.right).add_(of_value_nx.sum(2));

  // Along y: sums over n and x.
  const auto by_y = at::bmm(f.right.flatten(2), g.transpose(1, 2));  // (c, 2h, y)
  const auto of_value_y = by_y.narrow(1, h, h);
  const auto of_score_y = f.value_y.mul(of_value_y)
                              .add_(by_y.narrow(1, 0, h))
                              .sub_(at::bmm(f.ua.flatten(2), ga.transpose(1, 2)))
                              .mul_(f.b);
  gradients.score_y.select(2, grid.axis.interior).slice(2, in.top, in.bottom).add_(of_score_y);
  gradients.value_y.slice(2, in.top, in.bottom).add_(of_value_y * f.b);
}

/// The rows of `all` that are not among `some`.
at::Tensor others(int64_t all, const at::Tensor& some) {
  auto left = at::ones({all}, some.options().dtype(at::kBool));
  return left.index_fill_(0, some, 0).nonzero().squeeze(1);
}

class Attention : public torch::autograd::Function<Attention> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& score,
                            const at::Tensor& score_x, const at::Tensor& score_y,
                            const at::Tensor& value, const at::Tensor& value_x,
                            const at::Tensor& value_y,
                            const c10::intrusive_ptr<AttentionGrid>& grid) {
    const AttentionParts parts{score, score_x, score_y, value, value_x, value_y};
    const int64_t channels = value.size(0), n = value.size(2);
    const int64_t height = value_y.size(2), width = value_x.size(2);
    const auto out = at::empty_strided({n, channels, height, width},
                                       {width, height * n * width, n * width, 1}, value.options());
    const auto plane = plane_of(out);
    for (const auto& tile : border_of(*grid)) direct_into(parts, *grid, tile, plane);

    at::Tensor denominator, far;  // far: channels whose scores are too far apart
    if (const auto in = interior_of(*grid); !in.empty()) {
      const auto inside = part_of(plane, in);
      const Factors f(parts, *grid);
      denominator = product(f.b, f.ua).view(inside.sizes());
      at::div_out(const_cast<at::Tensor&>(inside), product(f.left, f.right).view(inside.sizes()),
                  denominator);
      const auto smallest = denominator.amin({1, 2, 3});  // (c)
      far = smallest.ge(smallest_denominator(value.scalar_type())).logical_not().nonzero();
      far = far.squeeze(1);
      if (far.numel() > 0) {
        const auto theirs = plane.index_select(0, far);
        direct_into(parts.channels(far), *grid, in, theirs);
        plane.index_copy_(0, far, theirs);
      }
    }
    context->save_for_backward(
        {score, score_x, score_y, value, value_x, value_y, out, denominator, far});
    context->saved_data["grid"] = c10::IValue::make_capsule(grid);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& given_list) {
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const auto saved = context->get_saved_variables();
    const auto grid =
        c10::static_intrusive_pointer_cast<AttentionGrid>(context->saved_data["grid"].toCapsule());
    const auto parts = AttentionParts::of(saved);
    const auto plane = plane_of(saved[6]), given = plane_of(given_list[0]).contiguous();
    const auto &denominator = saved[7], &far = saved[8];
    auto gradients = parts.zeros_like();
    for (const auto& tile : border_of(*grid)) {
      direct_gradient(parts, *grid, tile, plane, given, gradients);
    }
    const auto in = interior_of(*grid);
    if (!in.empty() && far.numel() == 0) {
      factored_gradient(parts, *grid, denominator, plane, given, gradients);
    } else if (!in.empty()) {
      const auto add = [&](const at::Tensor& rows, bool factored) {
        const auto theirs = parts.channels(rows);
        auto sums = theirs.zeros_like();
        const auto pick = [&](const at::Tensor& t) { return t.index_select(0, rows); };
        if (factored)
          factored_gradient(theirs, *grid, pick(denominator), pick(plane), pick(given), sums);
        else
          direct_gradient(theirs, *grid, in, pick(plane), pick(given), sums);
        gradients.add(sums, rows);
      };
      add(others(plane.size(0), far), true);
      add(far, false);
    }
    const auto all = gradients.all();
    variable_list result(all.begin(), all.end());
    result.emplace_back();
    return result;
  }

 private:
  static at::Tensor plane_of(const at::Tensor& maps) { return maps.permute({1, 2, 0, 3}); }
};

}  // namespace

at::Tensor attend(const AttentionParts& parts, const c10::intrusive_ptr<AttentionGrid>& grid) {
  return Attention::apply(parts.score, parts.score_x, parts.score_y, parts.value, parts.value_x,
                          parts.value_y, grid);
}

}  // namespace afterimage
