#include "afterimage/training/balance.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace afterimage {
namespace {

/// Whether discriminator and generator learn after each r.
std::vector<std::pair<bool, bool>> course(Balance& balance, const std::vector<double>& ratios) {
  std::vector<std::pair<bool, bool>> learns;
  for (const double r : ratios) {
    balance.look_at(3 * r, 3);
    learns.emplace_back(balance.discriminator_learns(), balance.generator_learns());
  }
  return learns;
}

TEST(Balance, FollowsTheAuthorsRules) {
  Balance balance({.on = true});
  using Course = std::vector<std::pair<bool, bool>>;
  EXPECT_EQ(course(balance, {1, 0.09, 0.2, 0.5, 0.51, 11, 3, 0.2, 0.05, 20}),
            (Course{{true, true},
                    {false, true},  // below .1
                    {false, true},  // and until it is above .5
                    {false, true},
                    {true, true},
                    {true, false},  // above 10
                    {true, false},  // and until the discriminator rests
                    {true, false},
                    {false, true},
                    {true, false}}));  // from rest to the other's rest in one step
}

TEST(Balance, OffBothAlwaysLearn) {
  Balance balance({});
  course(balance, {0.001, 1000});
  EXPECT_TRUE(balance.discriminator_learns() && balance.generator_learns());
}

TEST(Balance, IsRestored) {
  Balance balance({.on = true}), again({.on = true});
  course(balance, {0.01});
  again.restore(balance.to_tensor());
  EXPECT_FALSE(again.discriminator_learns());
  EXPECT_TRUE(again.generator_learns());
}

}  // namespace
}  // namespace afterimage
