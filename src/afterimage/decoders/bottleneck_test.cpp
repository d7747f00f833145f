#include "afterimage/decoders/bottleneck.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/decoders/ridge.h"
#include "afterimage/recordings/array_source.h"

namespace afterimage {
namespace {

constexpr int64_t kSamples = 300, kSensors = 12, kSide = 8;

/// Images that vary in three directions, of weights 3, 2 and 1, which the responses mix.
class Bottleneck : public ::testing::Test {
 protected:
  Bottleneck() {
    const auto generator = at::detail::createCPUGenerator(3);
    hidden_ = at::randn({kSamples, 3}, generator);
    const auto weights = at::tensor({3.0f, 2.0f, 1.0f});
    const auto pictures = std::get<0>(at::linalg_qr(at::randn({3 * kSide * kSide, 3}, generator)));
    const auto images = 0.5 + 0.05 * at::mm(hidden_ * weights, pictures.t());
    responses_ = at::mm(hidden_, at::randn({3, kSensors}, generator)) +
                 0.1 * at::randn({kSamples, kSensors}, generator);
    responses_ = ((responses_ - responses_.mean(0)) / responses_.std(0)).unsqueeze(2);
    source_.emplace(responses_, images.view({kSamples, 3, kSide, kSide}).clamp(0, 1));
    input_.bins = {{0, 100}};
    for (int64_t s = 0; s < kSensors; ++s) input_.sensors.name.push_back(std::to_string(s));
    input_.image_size = kSide;
  }

  BottleneckDecoder fitted(int64_t units) {
    BottleneckDecoder decoder(std::make_unique<RidgeDecoder>(), units);
    decoder.build(input_, run_);
    decoder.fit(*source_, {run_, {}, false, {}});
    return decoder;
  }
  /// Share of the images' variance that a decoder shows.
  double explained(BottleneckDecoder& decoder) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < kSamples; ++i) rows.push_back(i);
    const auto truth = source_->images(rows);
    const auto error = (decoder.reconstruct(responses_) - truth).square().mean();
    return 1 - (error / (truth - truth.mean(0)).square().mean()).item().toDouble();
  }

  RunContext run_ = example::prepared_run({});
  at::Tensor hidden_, responses_;
  std::optional<ArraySource> source_;
  DecoderInput input_;
};

TEST_F(Bottleneck, KeepsWhatTheImagesNeedMost) {
  auto one = fitted(1), two = fitted(2), three = fitted(3), all = fitted(kSensors);
  // 9, 4 and 1 of 14 parts of the variance.
  EXPECT_NEAR(explained(one), 9.0 / 14, 0.06);
  EXPECT_NEAR(explained(two), 13.0 / 14, 0.06);
  EXPECT_GT(explained(three), 0.97);
  EXPECT_NEAR(explained(three), explained(all), 0.01);
}

TEST_F(Bottleneck, PassesNoMoreThanItsUnits) {
  auto decoder = fitted(2);
  const auto narrowed = decoder.narrowed(responses_).squeeze(2).to(at::kDouble);
  const auto values = std::get<1>(at::linalg_svd(narrowed));
  EXPECT_GT(values[1].item().toDouble(), 1);
  EXPECT_LT(values[2].item().toDouble(), 1e-3);
  // The units say of each sensor what can be said linearly: what is left is uncorrelated with them.
  const auto rest = responses_.squeeze(2).to(at::kDouble) - narrowed;
  EXPECT_LT(at::mm(narrowed.t(), rest).abs().max().item().toDouble() / kSamples, 1e-3);
}

TEST_F(Bottleneck, ComesBackFromItsState) {
  auto decoder = fitted(2);
  BottleneckDecoder again(std::make_unique<RidgeDecoder>(), 2);
  again.build(input_, run_);
  again.load(decoder.state(), "model");
  EXPECT_TRUE(again.reconstruct(responses_).equal(decoder.reconstruct(responses_)));
  BottleneckDecoder other(std::make_unique<RidgeDecoder>(), 3);
  other.build(input_, run_);
  EXPECT_THROW(other.load(decoder.state(), "model"), Error);
  BottleneckDecoder wide(std::make_unique<RidgeDecoder>(), kSensors + 1);
  EXPECT_THROW(wide.build(input_, run_), Error);
}

}  // namespace
}  // namespace afterimage
