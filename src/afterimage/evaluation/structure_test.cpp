#include "afterimage/evaluation/structure.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/example_run.h"
#include "afterimage/evaluation/metric.h"
#include "afterimage/similarity/ssim.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;

/// scikit-image, pytorch-msssim, NumPy and SciPy in float64
/// (tests/reference/make_structure.py).
class Structure : public ::testing::Test {
 protected:
  at::Tensor gray(const char* name) const {
    return file_.at(name).to(at::kDouble).div(255).unsqueeze(1);
  }
  TensorMap file_ = reference::read("evaluation/structure.safetensors");
};

TEST_F(Structure, IsTheReferences) {
  const auto made = gray("made");
  EXPECT_LT(error(hog(made), file_.at("hog").flatten(1)), 5e-7);  // it sums a cell in float32
  EXPECT_LT(error(oriented_energy(made), file_.at("oriented-energy")), 1e-10);
  EXPECT_LT(error(log_spectrum(made), file_.at("spectrum")), 1e-10);
}

TEST_F(Structure, InSinglePrecisionToo) {
  const auto made = gray("made").to(at::kFloat);
  EXPECT_LT(error(hog(made), file_.at("hog").flatten(1)), 1e-5);
  EXPECT_LT(error(oriented_energy(made), file_.at("oriented-energy")), 1e-5);
  EXPECT_LT(error(log_spectrum(made), file_.at("spectrum")), 1e-5);
}

TEST_F(Structure, MultiScaleSimilarityIsTheReferences) {
  EXPECT_LT(error(multi_scale_similarity(gray("truth"), gray("made")), file_.at("ms-ssim")), 1e-10);
  const auto large = multi_scale_similarity(gray("large"), gray("large_made"));
  EXPECT_LT(error(large, file_.at("ms-ssim-large")), 2e-5);  // its window is of float32
  EXPECT_EQ(ssim_scales(10), 0);
  EXPECT_EQ(ssim_scales(43), 2);
  EXPECT_EQ(ssim_scales(44), 3);
  EXPECT_EQ(ssim_scales(1000), 5);
}

class StructureMetric : public ::testing::TestWithParam<std::string> {
 protected:
  static Score score(const at::Tensor& truth, const at::Tensor& made) {
    const auto run = example::prepared_run(RunOptions());
    return find_metrics({GetParam()}).front()->compute(ImagePairs(truth, made, run));
  }
  static at::Tensor photographs(int64_t count, int64_t side) {
    const auto small = at::rand({count, 3, 6, 6}, at::detail::createCPUGenerator(1));
    return at::upsample_bicubic2d(small, {side, side}, false).clamp(0, 1);
  }
  static bool higher() { return find_metrics({GetParam()}).front()->higher_is_better; }
};

// What every such metric must say, without any weights: the image itself is best, the same with
// noise poorer, another image poorer still; a gray square has a finite score.
TEST_P(StructureMetric, OrdersWhatIsClearlyBetter) {
  const auto truth = photographs(8, 32);
  const auto noise = at::rand(truth.sizes(), at::detail::createCPUGenerator(2));
  const double same = score(truth, truth).value;
  const double near = score(truth, 0.8 * truth + 0.2 * noise).value;
  const double far = score(truth, 0.1 * truth.roll(1, 0) + 0.9 * noise).value;
  EXPECT_NEAR(same, higher() ? 1 : 0, 1e-6);
  EXPECT_EQ(near > far, higher());
  EXPECT_TRUE(std::isfinite(score(truth, at::full_like(truth, 0.4)).value));
}

TEST_P(StructureMetric, SmallImagesHaveAScoreOrAReason) {
  for (const int64_t side : {2, 8, 11, 13, 16}) {
    const auto images = photographs(3, side);
    const auto found = score(images, images);
    if (side >= 11) {
      EXPECT_EQ(found.not_computed, "") << side;
    } else if (side == 2) {
      EXPECT_NE(found.not_computed.find("too small"), std::string::npos);
    }
  }
}

TEST_P(StructureMetric, NeedsNoWeights) {
  const auto& metric = *find_metrics({GetParam()}).front();
  EXPECT_TRUE(metric.network.empty());
  EXPECT_FALSE(metric.range.empty());
}

INSTANTIATE_TEST_SUITE_P(All, StructureMetric,
                         ::testing::Values("ms-ssim", "hog-correlation", "hog-identification-2way",
                                           "oriented-energy-correlation",
                                           "oriented-energy-identification-2way",
                                           "spectrum-distance"),
                         [](const auto& given) {
                           auto name = given.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace afterimage
