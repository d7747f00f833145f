#include "afterimage/base/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

namespace afterimage {
namespace {

TEST(Text, SplitsAndJoins) {
  EXPECT_EQ(split("a,b,,c", ','), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_TRUE(split("", ',').empty());
  EXPECT_EQ(join({"a", "b"}, "-"), "a-b");
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join({"", "a", "", "b", ""}, ","), ",a,,b,");  // empty words keep their place
  EXPECT_EQ(concat("n = ", 3, ", x = ", 0.5), "n = 3, x = 0.5");
}

TEST(Text, EditDistanceCountsSingleChanges) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", "abc"), 0u);
  EXPECT_EQ(edit_distance("flaw", "lawn"), edit_distance("lawn", "flaw"));
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> names = {"training.steps", "training.batch", "seed"};
  EXPECT_EQ(closest("training.step", names), "training.steps");
  EXPECT_EQ(closest("batch", names), "training.batch") << "a part of a name is near";
  EXPECT_EQ(closest("brightness", names), "");
  EXPECT_EQ(suggestion("sead", names), "Did you mean 'seed'?");
  EXPECT_EQ(suggestion("brightness", {"a", "b"}), "Known: a, b");
}

TEST(Text, NumbersReadBackTheSame) {
  for (const double value : {0.1, 1e-4, 12.0, -1.0 / 3, 1e300, 5e-324}) {
    EXPECT_EQ(std::strtod(number_text(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(number_text(12), "12");
  EXPECT_EQ(number_text(1e-4), "1e-04");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(number_text(std::nan("")), "nan");
}

TEST(Text, SizesAndTimesForPeople) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(1.5 * (1 << 30)), "1.5 GiB");
  EXPECT_EQ(duration_text(0.4), "0 s");
  EXPECT_EQ(duration_text(59.6), "1 min 00 s");
  EXPECT_EQ(duration_text(3725), "1 h 02 min");
  EXPECT_EQ(duration_text(-5), "0 s");
}

}  // namespace
}  // namespace afterimage
