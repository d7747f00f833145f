#include "afterimage/training/adam.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace afterimage {
namespace {

/// Steps down x^2 from 1 with each parameter in a group of its own.
std::vector<double> after_steps(const std::vector<double>& rates, int steps) {
  std::vector<ParameterGroup> groups;
  for (const double rate : rates) {
    groups.push_back({{at::ones({1}, at::kDouble).requires_grad_()}, rate});
  }
  Adam adam(groups, {});
  for (int i = 0; i < steps; ++i) {
    for (const auto& parameter : adam.parameters()) parameter.square().sum().backward();
    adam.step(1e-3);
  }
  std::vector<double> values;
  for (const auto& parameter : adam.parameters()) values.push_back(parameter.item<double>());
  return values;
}

TEST(Adam, AGroupsRateMultipliesItsStep) {
  const auto once = after_steps({1, 20, 1}, 1);
  EXPECT_NEAR(1 - once[0], 1e-3, 1e-9);
  EXPECT_NEAR(1 - once[1], 2e-2, 1e-8);
  EXPECT_EQ(once[0], once[2]);
}

TEST(Adam, ARateOfZeroLeavesAGroupAlone) {
  const auto values = after_steps({0, 1}, 5);
  EXPECT_EQ(values[0], 1);
  EXPECT_LT(values[1], 1);
}

TEST(Adam, GroupsDoNotChangeEachOther) {
  EXPECT_EQ(after_steps({3, 7}, 10)[1], after_steps({7}, 10)[0]);
}

}  // namespace
}  // namespace afterimage
