#include "afterimage/analysis/exemplars.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace afterimage {
namespace {

/// Three images by two arrays: one cluster of array a with all images, a smaller one of both
/// arrays, and a point of noise.
struct ExemplarTest : testing::Test {
  PointNames names{{"first", "second", "third"}, {"a", "b"}};
  at::Tensor map = at::tensor({0., 0., 9., 0., 1., 0., 9., 1., 3., 0., 50., 0.}).view({6, 2});
  at::Tensor labels = at::tensor({1, 0, 1, 0, 1, -1}, at::kLong);
  at::Tensor images = at::arange(3).to(at::kFloat).view({3, 1, 1, 1}).expand({3, 3, 2, 2}) / 4;
  std::vector<Cluster> clusters = clusters_of(map, labels);
};

TEST_F(ExemplarTest, ClustersComeLargestFirstTheirPointsFromTheMiddleOutwards) {
  ASSERT_EQ(clusters.size(), 2u);
  EXPECT_EQ(clusters[0].label, 1);
  EXPECT_EQ(clusters[0].points, (std::vector<int64_t>{2, 0, 4}));  // the middle is at 4 / 3
  EXPECT_EQ(clusters[1].points, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(describe(clusters[0], names), "3 points, all of a");
  EXPECT_EQ(describe({0, {0, 1, 2}}, names), "3 points, 2 of a");
}

TEST_F(ExemplarTest, GridsShowTheNearestImagesAndSayWhatIsLeftOut) {
  const auto grid = exemplar_grid("spatial", clusters, names, images, 1, 4);
  EXPECT_NE(grid.title.find("the 1 largest of 2 clusters"), std::string::npos);
  ASSERT_EQ(grid.rows, (std::vector<std::string>{"cluster 1: 3 points, all of a"}));
  const auto shade = grid.images.mean({1, 2, 3});  // second, first, third, white
  EXPECT_TRUE(at::equal(shade, at::tensor({.25f, 0.f, .5f, 1.f}))) << shade;
  EXPECT_NE(exemplar_grid("x", clusters, names, images, 5, 2).title.find("all 2 clusters"),
            std::string::npos);
}

TEST_F(ExemplarTest, NoImageComesTwice) {
  const auto all = clusters_of(map, at::zeros({6}, at::kLong));
  const auto grid = exemplar_grid("x", all, names, images, 5, 3);
  const auto shade = std::get<0>(grid.images.mean({1, 2, 3}).sort());
  EXPECT_TRUE(at::equal(shade, at::tensor({0.f, .25f, .5f})));
}

TEST_F(ExemplarTest, NoiseAloneHasNoGrid) {
  EXPECT_TRUE(clusters_of(map, at::full({6}, -1, at::kLong)).empty());
  EXPECT_TRUE(exemplar_grid("x", {}, names, images, 5, 3).rows.empty());
}

}  // namespace
}  // namespace afterimage
