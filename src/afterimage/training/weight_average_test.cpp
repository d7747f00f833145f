#include "afterimage/training/weight_average.h"

#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

/// The weights of make_training_ours.py, and a whole number.
TensorMap weights(int64_t update) {
  const auto phase = static_cast<double>(update);
  return {{"weight", wave({6}, phase)},
          {"running_var", wave({6}, 0.5 + phase)},
          {"num_batches_tracked", at::tensor({update}, at::kLong)}};
}

TEST(WeightAverage, AgreesWithPyTorch) {
  const auto expected = reference::read("training_ours.safetensors");
  WeightAverage average(0.8);
  for (int64_t update = 0; update < 60; ++update) {
    average.update(weights(update));
    for (const std::string name : {"weight", "running_var"}) {
      const auto right = expected.find(concat(update + 1, ".", name));
      if (right == expected.end()) continue;
      EXPECT_LT(error(average.mean().at(name), right->second), 1e-10) << right->first;
    }
  }
  EXPECT_EQ(average.mean().at("num_batches_tracked").item<int64_t>(), 59);
}

TEST(WeightAverage, OfNoDecayKeepsNothing) {
  WeightAverage average(0);
  average.update(weights(0));
  EXPECT_FALSE(average.on());
  EXPECT_TRUE(average.to_tensors().empty());
}

TEST(WeightAverage, KeepsItsOwnTensors) {
  WeightAverage average(0.5);
  const auto first = weights(0);
  average.update(first);
  first.at("weight").zero_();
  EXPECT_GT(average.mean().at("weight").abs().max().item<double>(), 0);
}

TEST(WeightAverage, GoesOnFromWhatItGave) {
  WeightAverage whole(0.9), broken(0.9), resumed(0.9);
  for (int64_t update = 0; update < 20; ++update) whole.update(weights(update));
  for (int64_t update = 0; update < 8; ++update) broken.update(weights(update));
  resumed.restore(broken.to_tensors(), weights(100), "checkpoint");
  for (int64_t update = 8; update < 20; ++update) resumed.update(weights(update));
  EXPECT_TRUE(resumed.mean().at("weight").equal(whole.mean().at("weight")));
}

TEST(WeightAverage, RefusesAnotherModels) {
  WeightAverage one(0.9), other(0.9);
  one.update(weights(0));
  EXPECT_THROW(other.restore(one.to_tensors(), {{"bias", at::zeros({2})}}, "checkpoint"), Error);
  EXPECT_THROW(other.restore({}, weights(0), "checkpoint"), Error);
}

}  // namespace
}  // namespace afterimage
