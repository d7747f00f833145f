#include "afterimage/evaluation/euclidean.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/evaluation/metric.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

TEST(Euclidean, DistanceOfMomentsIsThatOfTheRows) {
  const auto random = at::detail::createCPUGenerator(5);
  const auto x = at::randn({6, 300}, random) + 3, y = at::randn({6, 300}, random) + 3;
  const auto expected = at::linalg_vector_norm((x - y).to(at::kDouble), 2, at::IntArrayRef{1});
  EXPECT_LT((distance_of_moments(moments(x, y)) - expected).abs().max().item<double>(), 1e-5);
  EXPECT_LT(distance_of_moments(moments(x, x)).max().item<double>(), 1e-5);
}

TEST(Euclidean, OfBrain2PixsThreeLayersLessIsBetter) {
  for (const auto* name :
       {"alexnet-conv2-distance", "alexnet-conv5-distance", "alexnet-fc6-distance"}) {
    EXPECT_FALSE(find_metrics({name}).front()->higher_is_better) << name;
  }
}

}  // namespace
}  // namespace afterimage
