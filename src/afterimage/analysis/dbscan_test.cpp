#include "afterimage/analysis/dbscan.h"

#include <gtest/gtest.h>

#include "reference/formula.h"

namespace afterimage {
namespace {

TEST(Dbscan, LabelsAreThoseOfScikitLearn) {
  const TensorMap expected = reference::read("analysis/embedding.safetensors");
  const auto map = expected.at("sklearn.map"), rows = expected.at("rows");
  const auto labels = [](const at::Tensor& points, double eps, int64_t samples) {
    return dbscan(points, {eps, samples});
  };
  EXPECT_TRUE(at::equal(labels(map, 1.5, 5), expected.at("dbscan.map.1.5.5")));
  EXPECT_TRUE(at::equal(labels(map, 0.6, 4), expected.at("dbscan.map.0.6.4")));
  EXPECT_TRUE(at::equal(labels(map, 0.9, 12), expected.at("dbscan.map.0.9.12")));
  EXPECT_TRUE(at::equal(labels(rows, 3.0, 5), expected.at("dbscan.rows.3.0.5")));
}

TEST(Dbscan, BorderPointsGoToTheFirstClusterAndNoiseToNone) {
  // Two dense runs with one point between them that both reach, and one far away.
  const auto points = at::tensor({0., .1, .2, .3, 1.2, 2.1, 2.2, 2.3, 2.4, 9.}).unsqueeze(1);
  const auto labels = dbscan(points, {0.95, 4});
  const auto expected = at::tensor({0, 0, 0, 0, 0, 1, 1, 1, 1, -1}, at::kLong);
  EXPECT_TRUE(at::equal(labels, expected)) << labels;
}

}  // namespace
}  // namespace afterimage
