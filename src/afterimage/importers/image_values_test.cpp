#include "afterimage/importers/image_values.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

/// What becomes of values, and what is said.
struct Outcome {
  std::vector<int64_t> bytes;
  std::string said;  ///< the note or the refusal
};

Outcome outcome(const at::Tensor& values) {
  std::vector<std::string> notes;
  try {
    const at::Tensor bytes = image_bytes(values, "images.npy", notes).to(at::kLong);
    return {{bytes.const_data_ptr<int64_t>(), bytes.const_data_ptr<int64_t>() + bytes.numel()},
            notes.empty() ? "" : notes[0]};
  } catch (const Error& error) {
    return {{}, error.what()};
  }
}

void expect(const at::Tensor& values, const std::vector<int64_t>& bytes, const std::string& said) {
  const auto found = outcome(values);
  EXPECT_EQ(found.bytes, bytes) << values << found.said;
  if (said.empty()) {
    EXPECT_EQ(found.said, "") << values;
  } else {
    EXPECT_NE(found.said.find(said), std::string::npos) << values << found.said;
  }
}

TEST(ImageValues, TheRangeTellsWhatTheyAre) {
  const std::vector<int64_t> black_white = {0, 255}, bytes = {0, 1, 200};
  expect(at::tensor({0, 1, 200}).to(at::kByte), bytes, "");
  expect(at::tensor({0, 1, 200}).to(at::kShort), bytes, "");
  expect(at::tensor({0.0, 1.0, 200.0}, at::kDouble), bytes, "");  // MATLAB's usual way
  expect(at::tensor({0.0, 0.5, 1.0}), {0, 128, 255}, "");
  expect(at::tensor({0.0, 0.02}), {0, 5}, "");  // dark, but fractions
  expect(at::tensor({0, 1}).to(at::kBool), black_white, "only 0 and 1");
  expect(at::tensor({0, 1}).to(at::kByte), black_white, "only 0 and 1");
  expect(at::tensor({0.0, 1.0}, at::kDouble), black_white, "");
  expect(at::tensor({0.25, 127.6, 254.9}), {0, 128, 255}, "rounded");
  expect(at::tensor({0, 7}).to(at::kByte), {0, 7}, "brightest value of the images is 7 of 255");
  expect(at::tensor({0, 0}).to(at::kByte), {0, 0}, "all black");
}

TEST(ImageValues, RangesOfNoImageAreRefused) {
  expect(at::tensor({0, 4095}).to(at::kShort), {}, "images.npy: has values from 0 to 4095");
  expect(at::tensor({-128, 127}).to(at::kChar), {}, "from -128 to 127");
  expect(at::tensor({-0.5, 0.5}), {}, "from -0.5 to 0.5");
  expect(at::tensor({0.0, 1.02}), {}, "fractions from 0 to 1");
  expect(at::tensor({0.0, 10.0}), {}, "from 0 to 10");
  expect(at::tensor({0.0, 300.0}), {}, "from 0 to 300");
  expect(at::tensor({0.5, static_cast<double>(NAN)}), {}, "NaN");
  expect(at::tensor({200.0, static_cast<double>(INFINITY)}), {}, "infinite");
}

TEST(ImageValues, AllArraysHaveOneScale) {
  ImageValues values;
  EXPECT_FALSE(values.look(at::tensor({0.0, 200.0}), false, "a.npy"));  // seen enough
  values.end_array("a.npy");
  EXPECT_TRUE(values.look(at::tensor({0.0, 0.9}), false, "b.npy"));
  try {
    values.end_array("b.npy");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("a.npy from 0 to 255"), std::string::npos)
        << error.what();
  }
}

TEST(ImageValues, WhatWasNotLookedAtIsHeldAgainstTheRange) {
  ImageValues values;
  values.look(at::tensor({0.0, 200.0}), false, "a.npy");
  values.end_array("a.npy");
  EXPECT_THROW(values.bytes(at::tensor({0.0, 256.0}), "a.npy"), Error);
  EXPECT_THROW(values.bytes(at::tensor({-1.0}), "a.npy"), Error);
  EXPECT_THROW(values.bytes(at::tensor({static_cast<double>(NAN)}), "a.npy"), Error);
}

}  // namespace
}  // namespace afterimage
