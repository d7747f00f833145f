#include "afterimage/recordings/source_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/recordings/array_source.h"

namespace afterimage {
namespace {

TEST(SourceRows, AreThoseOfTheSource) {
  const auto responses = at::arange(12, at::kFloat).view({4, 3, 1});
  const auto images = at::rand({4, 3, 8, 8});
  const ArraySource all(responses, images, {5, 6, 6, 7}, {"a", "b", "b", "c"});
  const SourceRows some(all, {3, 1});
  EXPECT_EQ(some.count(), 2);
  EXPECT_EQ(some.stimulus(), (std::vector<int64_t>{7, 6}));
  EXPECT_EQ(some.photographs(), (std::vector<std::string>{"c", "b"}));
  EXPECT_EQ(some.trials_averaged(), (std::vector<int64_t>{1, 1}));
  EXPECT_TRUE(some.responses({1, 0}).equal(responses.index_select(0, at::tensor({1, 3}))));
  EXPECT_TRUE(some.images({0}).equal(images.narrow(0, 3, 1)));
  EXPECT_EQ(some.image_size(), 8);
  EXPECT_THROW(some.responses({2}), std::out_of_range);
}

}  // namespace
}  // namespace afterimage
