#include "afterimage/training/history_buffer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

at::Generator seeded() { return at::detail::createCPUGenerator(11); }

/// Two samples whose maps and image carry their number.
HistoryBuffer::Pair numbered(int64_t first) {
  const auto number = at::arange(first, first + 2, at::kDouble).view({2, 1, 1, 1});
  return {number.expand({2, 4, 3, 3}), -number.expand({2, 3, 3, 3})};
}

TEST(HistoryBuffer, UsesTheSamplesPyTorchUsesWithTheSameSeed) {
  const auto expected = reference::read("objective.safetensors").at("history");  // (20, 2)
  HistoryBuffer buffer(3);
  auto generator = seeded();
  for (int64_t call = 0; call < 20; ++call) {
    const auto used = buffer.exchange(numbered(2 * call), generator);
    ASSERT_EQ(used.maps.sizes(), at::IntArrayRef({2, 4, 3, 3}));
    for (int64_t i = 0; i < 2; ++i) {
      EXPECT_EQ(used.maps[i][0][0][0].item<double>(), expected[call][i].item<double>());
      EXPECT_EQ(used.image[i][0][0][0].item<double>(), -used.maps[i][0][0][0].item<double>())
          << "maps and image of a pair came apart";
    }
  }
  EXPECT_EQ(buffer.size(), 3);
}

TEST(HistoryBuffer, KeepsItsOwnCopies) {
  HistoryBuffer buffer(2, 1.0);
  auto generator = seeded();
  auto first = numbered(0);
  first.maps = first.maps.clone();
  buffer.exchange(first, generator);
  first.maps.fill_(99);
  const auto used = buffer.exchange(numbered(2), generator);
  EXPECT_LT(used.maps.max().item<double>(), 99);
}

TEST(HistoryBuffer, GoesOnFromItsTensors) {
  HistoryBuffer buffer(3);
  auto generator = seeded();
  for (int64_t call = 0; call < 5; ++call) buffer.exchange(numbered(2 * call), generator);
  HistoryBuffer copy(3);
  copy.restore(buffer.to_tensors(), "checkpoint");
  auto copied_generator = generator.clone();
  for (int64_t call = 5; call < 12; ++call) {
    const auto one = buffer.exchange(numbered(2 * call), generator);
    const auto other = copy.exchange(numbered(2 * call), copied_generator);
    EXPECT_TRUE(at::equal(one.maps, other.maps) && at::equal(one.image, other.image));
  }
}

TEST(HistoryBuffer, WithoutCapacityTheNewestAreUsed) {
  HistoryBuffer buffer(0);
  for (int64_t call = 0; call < 5; ++call) {
    const auto fresh = numbered(2 * call);
    EXPECT_TRUE(at::equal(buffer.exchange(fresh, seeded()).maps, fresh.maps));
  }
  EXPECT_TRUE(buffer.to_tensors().empty());
}

TEST(HistoryBuffer, RefusesTensorsThatDoNotFit) {
  HistoryBuffer buffer(1);
  EXPECT_THROW(buffer.restore({{"maps", at::zeros({2, 4, 3, 3})}}, "here"), Error);
  EXPECT_THROW(buffer.restore(
                   {{"maps", at::zeros({2, 4, 3, 3})}, {"image", at::zeros({2, 3, 3, 3})}}, "here"),
               Error);
}

}  // namespace
}  // namespace afterimage
