#include "afterimage/training/feature_cache.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/networks/feature_network.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;

class FeatureCacheTest : public testing::Test {
 protected:
  /// What the network says of the samples, without any cache.
  std::vector<at::Tensor> fresh(const Rows& rows) const {
    return loss_.target_features(images(rows));
  }
  at::Tensor images(const Rows& rows) const {
    return images_.index_select(0, at::tensor(rows, at::kLong));
  }
  /// The features of a sample do not depend on its batch, but for rounding.
  void expect_same(const std::vector<at::Tensor>& found, const Rows& rows) const {
    const auto wanted = fresh(rows);
    ASSERT_EQ(found.size(), wanted.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_LT(reference::error(found[i], wanted[i]), 1e-10) << "layer " << i;
    }
  }

  static PerceptualLoss make_loss(at::ScalarType type = at::kDouble) {
    const std::string file = std::string(AFTERIMAGE_ASSETS) + "/weights/squeezenet1_0.safetensors";
    auto network = make_feature_network("squeezenet", read_safetensors(file), file);
    network->to(type);
    return {network, ObjectiveOptions()};
  }

  static RunContext make_run(const std::string& precision) {
    RunOptions options;
    options.threads = 1;
    options.precision = precision;
    return RunContext(options);
  }

  RunContext run_ = make_run("fp32");
  PerceptualLoss loss_ = make_loss();
  at::Tensor images_ = reference::wave({6, 3, 32, 32}) * 0.5 + 0.5;
};

TEST_F(FeatureCacheTest, GivesWhatTheNetworkGives) {
  FeatureCache cache(loss_, int64_t{1} << 30, run_);
  for (const Rows& rows : {Rows{3, 1}, {1, 5, 3}, {0, 0, 2}, {5, 4, 3, 2, 1, 0}}) {
    expect_same(cache.features(rows, images(rows)), rows);
  }
}

TEST_F(FeatureCacheTest, WhatIsHeldIsNotComputedAgain) {
  FeatureCache cache(loss_, int64_t{1} << 30, run_);
  cache.features({2}, images({2}));
  const auto bytes = cache.bytes();
  EXPECT_GT(bytes, 0);
  const auto again = cache.features({2}, at::zeros_like(images({2})));  // other pixels, same sample
  expect_same(again, {2});
  EXPECT_EQ(cache.bytes(), bytes);
}

TEST_F(FeatureCacheTest, AFullCacheStillGivesThem) {
  FeatureCache one(loss_, int64_t{1} << 30, run_);
  one.features({0}, images({0}));
  for (const int64_t limit : {int64_t{0}, one.bytes(), one.bytes() * 5 / 2}) {
    FeatureCache cache(loss_, limit, run_);
    for (const Rows& rows : {Rows{0, 1, 2, 3}, {3, 2, 5}, {1, 0, 4}}) {
      expect_same(cache.features(rows, images(rows)), rows);
    }
    EXPECT_LE(cache.bytes(), limit);
  }
}

TEST_F(FeatureCacheTest, WorksInTheRunsPrecision) {
  // As the step computes those of the reconstructions: a fp32 pass would cost half as much again.
  const RunContext bf16 = make_run("bf16");
  const PerceptualLoss loss = make_loss(at::kFloat);
  const auto targets = images({0, 1}).to(at::kFloat);
  std::vector<at::Tensor> wanted;
  {
    const AutocastScope precision(bf16);
    wanted = loss.target_features(targets);
  }
  for (const int64_t limit : {int64_t{0}, int64_t{1} << 30}) {
    FeatureCache cache(loss, limit, bf16);
    for (int pass = 0; pass < 2; ++pass) {
      const auto found = cache.features({0, 1}, targets);
      ASSERT_EQ(found.size(), wanted.size());
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].scalar_type(), at::kBFloat16);
        EXPECT_LT(reference::error(found[i], wanted[i]), 1e-2) << "layer " << i;
      }
    }
  }
}

}  // namespace
}  // namespace afterimage
