#include "afterimage/preparation/retina.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/formats/npy.h"

namespace afterimage {
namespace {

const std::filesystem::path fitted =
    std::filesystem::path(AFTERIMAGE_TEST_DATA) / "importers/retina.npz";

TEST(RetinaWarp, QuadraticIsThatOfSciPy) {
  const at::Tensor cases = read_npz(fitted, "cases"), right = read_npz(fitted, "coefficients");
  for (int64_t i = 0; i < cases.size(0); ++i) {
    const RetinaWarp warp(cases[i][0].item<int64_t>(), cases[i][1].item<int64_t>(),
                          cases[i][2].item<double>());
    EXPECT_NEAR(warp.a(), right[i][0].item<double>(), 1e-6 * right[i][0].item<double>());
    EXPECT_NEAR(warp.b(), right[i][1].item<double>(), 1e-6 * right[i][1].item<double>());
  }
}

TEST(RetinaWarp, PointsComeBack) {
  const RetinaWarp warp(112, 96);
  const at::Tensor x = at::rand({50}, at::kDouble) * 1.4 - 0.2;
  const at::Tensor y = at::rand({50}, at::kDouble) * 1.4 - 0.2;
  const auto there = warp.retina_from_stimulus(x, y);
  const auto back = warp.stimulus_from_retina(there.x, there.y);
  EXPECT_TRUE(at::allclose(back.x, x, 0, 1e-12));
  EXPECT_TRUE(at::allclose(back.y, y, 0, 1e-12));
  // The middle stays, the direction too, and what is near the middle moves outwards.
  const at::Tensor half = at::full({1}, 0.5, at::kDouble), right = at::full({1}, 0.6, at::kDouble);
  EXPECT_EQ(warp.retina_from_stimulus(half, half).x.item<double>(), 0.5);
  EXPECT_GT(warp.retina_from_stimulus(right, half).x.item<double>(), 0.65);
  EXPECT_EQ(warp.retina_from_stimulus(right, half).y.item<double>(), 0.5);
}

TEST(RetinaWarp, MagnificationIsTheDerivative) {
  const RetinaWarp warp(96, 96);
  const at::Tensor x = at::full({1}, 0.7, at::kDouble), y = at::full({1}, 0.5, at::kDouble);
  constexpr double step = 1e-6;
  const double along =
      (warp.retina_from_stimulus(x + step, y).x - warp.retina_from_stimulus(x - step, y).x)
          .item<double>() /
      (2 * step);
  const double across =
      (warp.retina_from_stimulus(x, y + step).y - warp.retina_from_stimulus(x, y - step).y)
          .item<double>() /
      (2 * step);
  EXPECT_NEAR(warp.magnification(x, y).item<double>(), std::sqrt(along * across), 1e-6);
}

TEST(RetinaWarp, ImagesComeBackWhereTheWarpIsDense) {
  const at::Tensor line = at::linspace(0, 6, 96, at::kFloat);
  const at::Tensor image = (0.5 + 0.25 * (line.sin().unsqueeze(0) + line.cos().unsqueeze(1)))
                               .expand({1, 3, 96, 96});  // asymmetric in x and y
  const RetinaWarp warp(96, 96);
  const at::Tensor back = warp.unwarp(warp.warp(image));
  const auto middle = [](const at::Tensor& t) { return t.narrow(2, 16, 64).narrow(3, 16, 64); };
  EXPECT_LT((middle(back) - middle(image)).abs().max().item<float>(), 0.02);
  EXPECT_GT((warp.warp(image) - image).abs().max().item<float>(), 0.2);
  // A point and the pixel that shows it move alike.
  at::Tensor dot = at::zeros({1, 3, 96, 96}, at::kFloat);
  dot.narrow(2, 47, 3).narrow(3, 58, 3).fill_(1);  // around x = 59.5 / 96, y = 48.5 / 96
  const at::Tensor warped = warp.warp(dot)[0][0];
  const int64_t brightest = warped.argmax().item<int64_t>();
  const auto moved = warp.retina_from_stimulus(at::full({1}, 59.5 / 96, at::kDouble),
                                               at::full({1}, 48.5 / 96, at::kDouble));
  EXPECT_NEAR((static_cast<double>(brightest % 96) + 0.5) / 96, moved.x.item<double>(), 0.04);
  EXPECT_NEAR((static_cast<double>(brightest / 96) + 0.5) / 96, moved.y.item<double>(), 0.04);
}

TEST(RetinaWarp, RefusesWhatMakesNoSense) {
  EXPECT_THROW(RetinaWarp(2, 96), Error);
  EXPECT_THROW(RetinaWarp(96, 96, 1), Error);
}

}  // namespace
}  // namespace afterimage
