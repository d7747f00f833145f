#include "afterimage/base/shape.h"

#include <gtest/gtest.h>

namespace afterimage {
namespace {

TEST(Shape, AsText) {
  EXPECT_EQ(shape_text({}), "()");
  EXPECT_EQ(shape_text({90, 3092}), "(90, 3092)");
  EXPECT_EQ(shape_text({-1, 3, -1}), "(any, 3, any)");
  EXPECT_EQ(shape_text({-1, 3, -1}, {"trial", "sensor", "bin"}), "(trial, 3, bin)");
  EXPECT_EQ(shape_text({-1, -1}, {"", "bin"}), "(any, bin)");
}

TEST(Shape, FitsWhatIsExpected) {
  EXPECT_TRUE(shape_fits({2, 3}, {2, 3}));
  EXPECT_TRUE(shape_fits({2, 3}, {-1, 3}));
  EXPECT_FALSE(shape_fits({2, 3}, {3, 2}));
  EXPECT_FALSE(shape_fits({2, 3}, {2, 3, -1}));
}

}  // namespace
}  // namespace afterimage
