#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/fields/example_fields.h"
#include "afterimage/fields/feature_maps.h"
#include "afterimage/fields/moments.h"
#include "afterimage/fields/visual_features.h"

namespace afterimage {
namespace {

at::Tensor normal(at::IntArrayRef shape, const char* purpose) {
  return at::randn(shape, example::quiet_run().generator(purpose));
}

TEST(FeatureMaps, DerivativesAreThoseOfThePooledFeatures) {
  const int64_t side = 24, rows = 3;
  FeatureMaps maps(2, even_cells(side), {rows, 1}, 1);
  maps.set(0, 0, normal({rows, 2, side, side}, "maps"));
  const GaussianField field{0.4, 0.55, 0.1};
  const auto value = [&](double dx, double dy, double ds) {
    const GaussianField moved{field.x + dx * field.size, field.y + dy * field.size,
                              field.size * std::exp(ds)};
    return maps.pooled(0, {moved})[0];
  };
  const auto found = maps.with_derivatives(0, field);
  const double h = 0.02;
  const at::Tensor expected[] = {value(0, 0, 0), (value(h, 0, 0) - value(-h, 0, 0)) / (2 * h),
                                 (value(0, h, 0) - value(0, -h, 0)) / (2 * h),
                                 (value(0, 0, h) - value(0, 0, -h)) / (2 * h)};
  for (int64_t i = 0; i < 4; ++i) {  // the window leaves out what weighs little
    const auto difference = (found[i] - expected[i]).abs().max() / expected[i].abs().max();
    EXPECT_LT(difference.item<double>(), 0.05) << i;
  }
}

TEST(FeatureMaps, WideFieldsReadCoarserCopies) {
  const int64_t side = 64;
  FeatureMaps fine(1, even_cells(side), {4, 1}, 1), pyramid(1, even_cells(side), {4, 1}, 3);
  const auto values = at::upsample_bilinear2d(normal({4, 1, 8, 8}, "maps"), {side, side}, false);
  fine.set(0, 0, values);
  pyramid.set(0, 0, values);
  for (const double size : {0.02, 0.06, 0.2}) {
    const auto a = fine.pooled(0, {{0.45, 0.6, size}}), b = pyramid.pooled(0, {{0.45, 0.6, size}});
    EXPECT_LT((a - b).abs().max().item<double>(), 0.02) << size;
  }
}

TEST(Moments, OfTwoPartsAreThoseOfTheWhole) {
  const auto x = normal({5, 90}, "x") + 3, y = normal({90, 2}, "y") - 1;
  const auto whole = Moments::of(x, y);
  const auto joined = Moments::of(x.narrow(1, 0, 30), y.narrow(0, 0, 30)) +
                      Moments::of(x.narrow(1, 30, 60), y.narrow(0, 30, 60));
  EXPECT_LT((whole.gram - joined.gram).abs().max().item<double>(), 1e-3);
  EXPECT_LT((whole.cross - joined.cross).abs().max().item<double>(), 1e-3);
  EXPECT_LT((whole.response_square - joined.response_square).abs().max().item<double>(), 1e-3);
  EXPECT_LT((whole.mean - joined.mean).abs().max().item<double>(), 1e-5);
}

TEST(Moments, RidgeAndItsCrossValidationAsByTheFormulas) {
  const int64_t n = 60, f = 4;
  const auto x = normal({f, n}, "x"), y = normal({n, 1}, "y") + x[0].unsqueeze(1);
  const auto moments = Moments::of(x, y);
  const double penalty = 0.3;
  const auto raw = x.t().to(at::kDouble);
  const auto z = (raw - raw.mean(0)) / raw.std(0, false);
  const auto t = y.to(at::kDouble) - y.to(at::kDouble).mean();
  const auto inverse = at::inverse(z.t().mm(z) / n + penalty * at::eye(f, at::kDouble));
  const auto hat = z.mm(inverse).mm(z.t()) / n;
  const auto fit = ridge_fit(moments, penalty);
  EXPECT_LT((fit.weights - inverse.mm(z.t()).mm(t) / n).abs().max().item<double>(), 1e-5);
  const double freedom = 1 - (hat.trace().item<double>() + 1) / n;  // the mean takes one
  const double expected = (t - hat.mm(t)).square().mean().item<double>() / (freedom * freedom);
  EXPECT_NEAR(ridge_gcv(moments, {penalty})[0][0].item<double>(), expected, 1e-5);
}

TEST(EarlyFeatures, SeparateLightColourAndOrientation) {
  const auto flat = at::full({1, 3, 32, 32}, 0.4);
  const auto features = early_features(flat);
  EXPECT_EQ(features.size(1), 15);
  EXPECT_NEAR(features[0][0].mean().item<double>(), 0.4, 1e-5);
  EXPECT_LT(features[0].narrow(0, 1, 14).abs().max().item<double>(), 2e-3);
  const auto wave = (at::arange(32).to(at::kFloat) * (2 * M_PI / 4.5)).cos() * 0.3 + 0.5;
  const auto upright = early_features(wave.view({1, 1, 1, 32}).expand({1, 3, 32, 32}));
  EXPECT_EQ(upright[0].narrow(0, 3, 4).mean({1, 2}).argmax().item<int64_t>(), 2);  // 90 degrees
}

}  // namespace
}  // namespace afterimage
