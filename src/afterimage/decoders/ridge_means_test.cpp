#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/decoders/ridge.h"
#include "afterimage/recordings/array_source.h"
#include "afterimage/regression/folds.h"

// Ridge whose lambda is chosen on means of repeats.
namespace afterimage {
namespace {

constexpr int64_t kStimuli = 40, kRepeats = 5, kSensors = 30, kSide = 4;

class RidgeMeansTest : public ::testing::Test {
 protected:
  RidgeMeansTest() {
    const auto generator = at::detail::createCPUGenerator(5);
    const auto images = at::rand({kStimuli, 3, kSide, kSide}, generator);
    const auto weights = at::randn({3 * kSide * kSide, kSensors}, generator) / 4;
    const auto clean = at::mm(images.flatten(1) - 0.5, weights).repeat_interleave(kRepeats, 0);
    responses_ = (clean + 1.5 * at::randn(clean.sizes(), generator)).unsqueeze(2);
    images_ = images.repeat_interleave(kRepeats, 0);
    for (int64_t i = 0; i < kStimuli * kRepeats; ++i) {
      stimulus_.push_back(i / kRepeats);
      photographs_.push_back(std::to_string(i / kRepeats / 2));
    }
  }

  TensorMap fitted(int64_t decoded_repeats) {
    RidgeOptions options;
    options.lambdas = lambdas_;
    options.decoded_repeats = decoded_repeats;
    RidgeDecoder ridge(options);
    DecoderInput input;
    for (int64_t i = 0; i < kSensors; ++i) input.sensors.name.push_back(std::to_string(i));
    input.bins = {{0, 50}};
    input.image_size = kSide;
    ridge.build(input, run_);
    ridge.fit(ArraySource(responses_, images_, stimulus_, photographs_),
              {run_, std::filesystem::path(), false, {}});
    return ridge.state();
  }

  /// The same errors, from the normal equations: trained on single trials, judged on means of all
  /// repeats of held-out stimuli.
  std::vector<double> expected() const {
    const auto fold = at::tensor(grouped_folds(photographs_, 5, run_.generator("ridge folds")));
    const auto x = responses_.flatten(1).to(at::kDouble), y = images_.flatten(1).to(at::kDouble);
    std::vector<double> errors(lambdas_.size(), 0);
    for (int64_t f = 0; f < 5; ++f) {
      const auto learned = fold.ne(f).nonzero().squeeze(1), held = fold.eq(f).nonzero().squeeze(1);
      const auto xl = x.index_select(0, learned), yl = y.index_select(0, learned);
      const auto means = x.index_select(0, held).view({-1, kRepeats, kSensors}).mean(1);
      const auto truth = y.index_select(0, held).view({means.size(0), kRepeats, -1}).select(1, 0);
      const auto xc = xl - xl.mean(0);
      for (size_t l = 0; l < lambdas_.size(); ++l) {
        const auto gram = at::mm(xc.t(), xc) + lambdas_[l] * at::eye(kSensors, at::kDouble);
        const auto w = at::linalg_solve(gram, at::mm(xc.t(), yl - yl.mean(0)));
        const auto made = at::mm(means - xl.mean(0), w) + yl.mean(0);
        errors[l] += (made - truth).square().sum().item<double>() /
                     static_cast<double>(kStimuli * 3 * kSide * kSide);
      }
    }
    return errors;
  }

  RunContext run_ = example::prepared_run();
  std::vector<double> lambdas_ = {1, 10, 100, 1000, 10000};
  at::Tensor responses_, images_;
  std::vector<int64_t> stimulus_;
  std::vector<std::string> photographs_;
};

TEST_F(RidgeMeansTest, ErrorsAreThoseOfHeldOutMeans) {
  const auto found = fitted(kRepeats);
  const auto right = expected();
  for (size_t l = 0; l < right.size(); ++l) {
    EXPECT_NEAR(found.at("errors")[static_cast<int64_t>(l)].item<double>(), right[l],
                1e-5 * right[l])
        << lambdas_[l];
  }
}

TEST_F(RidgeMeansTest, LessNoiseAsksForLessPenalty) {
  const auto single = fitted(0).at("lambda").item<double>();
  const auto mean = fitted(kRepeats).at("lambda").item<double>();
  EXPECT_LT(mean, single);
}

TEST_F(RidgeMeansTest, NeedsRepeats) {
  for (int64_t i = 0; i < kStimuli * kRepeats; ++i) stimulus_[static_cast<size_t>(i)] = i;
  EXPECT_THROW(fitted(kRepeats), Error);
}

}  // namespace
}  // namespace afterimage
