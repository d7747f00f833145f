#include "afterimage/base/json_number.h"

#include <gtest/gtest.h>

namespace afterimage {
namespace {

TEST(JsonNumber, WhatJsonLacksIsNull) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto list = json_numbers({0.1, NAN, -infinity, 1.0 / 3});
  EXPECT_EQ(list.dump(), "[0.1,null,null,0.3333333333333333]");
  const auto back = numbers_from(list);
  EXPECT_EQ(back[3], 1.0 / 3);
  EXPECT_TRUE(std::isnan(back[1]) && std::isnan(back[2]));
  EXPECT_THROW(number_from("1"), nlohmann::json::exception);
}

}  // namespace
}  // namespace afterimage
