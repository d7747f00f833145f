#include "afterimage/similarity/correlation.h"

#include <ATen/ATen.h>

namespace afterimage {
namespace {

constexpr int64_t kBlock = 16384;  // units turned to float64 at a time

struct Rows {
  at::Tensor mean, length;  // (n, 1); length of the centred row, 0 where constant
};

Rows statistics_of(const at::Tensor& x) {
  const auto units = static_cast<double>(x.size(1));
  auto sum = at::zeros({x.size(0), 1}, x.options().dtype(at::kDouble));
  auto squares = at::zeros_like(sum);
  for (const auto& block : x.split(kBlock, 1)) {
    const auto wide = block.to(at::kDouble);
    sum += wide.sum(1, true);
    squares += wide.square().sum(1, true);
  }
  const auto mean = sum / units;
  const auto spread = squares - sum * mean;
  return {mean, at::where(spread > kConstant * squares, spread, at::zeros_like(spread)).sqrt()};
}

at::Tensor wins(const at::Tensor& r, const at::Tensor& own) {
  return r.lt(r.gather(0, own.unsqueeze(0)) - kTie).sum(0).to(at::kDouble);  // (n)
}

}  // namespace

at::Tensor moments(const at::Tensor& x, const at::Tensor& y) {
  auto sums = at::zeros({x.size(0), 6}, x.options().dtype(at::kDouble));
  for (int64_t first = 0; first < x.size(1); first += kBlock) {
    const auto count = std::min(kBlock, x.size(1) - first);
    const auto a = x.narrow(1, first, count).to(at::kDouble);
    const auto b = y.narrow(1, first, count).to(at::kDouble);
    sums += at::stack({a.sum(1), b.sum(1), a.square().sum(1), b.square().sum(1), (a * b).sum(1),
                       at::full({x.size(0)}, static_cast<double>(count), a.options())},
                      1);
  }
  return sums.cpu();
}

at::Tensor pearson_of_moments(const at::Tensor& sums) {
  const auto s = sums.unbind(1);  // x, y, xx, yy, xy, units
  const auto cross = s[4] - s[0] * s[1] / s[5];
  const auto x = s[2] - s[0].square() / s[5];
  const auto y = s[3] - s[1].square() / s[5];
  const auto varies = x.gt(kConstant * s[2]).logical_and(y.gt(kConstant * s[3]));
  return at::where(varies, cross / (x * y).sqrt(), at::zeros_like(cross)).clamp(-1, 1);
}

at::Tensor cosine_of_moments(const at::Tensor& sums) {
  const auto s = sums.unbind(1);  // x, y, xx, yy, xy, units
  const auto length = (s[2] * s[3]).sqrt();
  return at::where(length > 0, s[4] / length, at::zeros_like(length));
}

at::Tensor similarity(const at::Tensor& truth, const at::Tensor& reconstruction) {
  const auto a = statistics_of(truth);
  const auto b = statistics_of(reconstruction);
  auto product = at::zeros({truth.size(0), reconstruction.size(0)}, a.mean.options());
  for (int64_t first = 0; first < truth.size(1); first += kBlock) {
    const auto count = std::min(kBlock, truth.size(1) - first);
    product.addmm_(truth.narrow(1, first, count).to(at::kDouble) - a.mean,
                   (reconstruction.narrow(1, first, count).to(at::kDouble) - b.mean).t());
  }
  const auto lengths = at::mm(a.length, b.length.t());  // (n, m)
  return at::where(lengths > 0, product / lengths, at::zeros_like(product)).cpu();
}

at::Tensor two_way_identification(const at::Tensor& similarity, const at::Tensor& own) {
  TORCH_INTERNAL_ASSERT(similarity.size(0) > 1);
  return wins(similarity, own) / static_cast<double>(similarity.size(0) - 1);
}

at::Tensor top_identification(const at::Tensor& similarity, const at::Tensor& own) {
  return wins(similarity, own).eq(similarity.size(0) - 1).to(at::kDouble);
}

}  // namespace afterimage
