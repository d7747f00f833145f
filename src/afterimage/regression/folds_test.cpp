#include "afterimage/regression/folds.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace afterimage {
namespace {

TEST(Folds, CropsOfAPhotographShareAFold) {
  std::vector<std::string> groups;
  for (int i = 0; i < 60; ++i) groups.push_back("photo" + std::to_string(i % 12));
  const auto fold = grouped_folds(groups, 5, at::detail::createCPUGenerator(1));
  std::vector<int64_t> size(5, 0);
  for (size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(fold[i], fold[i % 12]);
    ++size[static_cast<size_t>(fold[i])];
  }
  for (const auto count : size) EXPECT_TRUE(count == 10 || count == 15) << count;
  EXPECT_EQ(fold, grouped_folds(groups, 5, at::detail::createCPUGenerator(1)));
  EXPECT_NE(fold, grouped_folds(groups, 5, at::detail::createCPUGenerator(2)));
}

TEST(Folds, OneGroupBecomesContiguousRunsAndFewGroupsStayWhole) {
  const std::vector<std::string> video(10, "film");
  EXPECT_EQ(grouped_folds(video, 5, at::detail::createCPUGenerator(1)),
            (std::vector<int64_t>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}));
  const auto two = grouped_folds({"a", "b", "a", "b"}, 5, at::detail::createCPUGenerator(1));
  EXPECT_EQ(two[0], two[2]);
  EXPECT_EQ(two[1], two[3]);
  EXPECT_NE(two[0], two[1]);
}

}  // namespace
}  // namespace afterimage
