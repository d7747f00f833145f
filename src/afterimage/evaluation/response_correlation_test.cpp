#include "afterimage/evaluation/response_correlation.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/formats/safetensors.h"

namespace afterimage {
namespace {

double difference(const at::Tensor& found, const at::Tensor& expected) {
  return (found - expected).abs().max().item<double>();
}

// NumPy, derivatives by a complex step (tests/reference/make_brain.py).
TEST(ResponseCorrelation, AndItsInfluencesAreTheReferences) {
  const auto file =
      read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/evaluation/brain.safetensors");
  const auto &measured = file.at("measured"), &predicted = file.at("predicted");
  const auto &weights = file.at("weights"), &of_row = file.at("stimulus");
  const Stimuli once(measured.size(0));
  const auto first = predicted.narrow(0, 0, measured.size(0));
  EXPECT_LT(difference(response_correlation(measured, first, once), file.at("r")), 1e-12);
  const auto values = influence_values(measured, first, once, weights);
  EXPECT_LT(difference(values, file.at("values")), 1e-12);
  EXPECT_NEAR(values.mean().item<double>(), (file.at("r") * weights).sum().item<double>(), 1e-12);

  const Stimuli trials(std::vector<int64_t>(of_row.const_data_ptr<int64_t>(),
                                            of_row.const_data_ptr<int64_t>() + of_row.numel()));
  EXPECT_LT(difference(response_correlation(measured, predicted, trials), file.at("trials.r")),
            1e-12);
  EXPECT_LT(
      difference(influence_values(measured, predicted, trials, weights), file.at("trials.values")),
      1e-12);
}

TEST(ResponseCorrelation, OfWhatDoesNotVary) {
  auto measured = at::randn({9, 3}, at::detail::createCPUGenerator(1), at::kDouble);
  auto predicted = measured.clone();
  measured.select(1, 0).fill_(0.1);                                            // a silent sensor
  predicted.select(1, 1).fill_(0.3).add_(at::arange(9, at::kDouble) * 1e-17);  // one image
  const auto r = response_correlation(measured, predicted, Stimuli(9));
  EXPECT_TRUE(std::isnan(r[0].item<double>()));
  EXPECT_EQ(r[1].item<double>(), 0);
  EXPECT_NEAR(r[2].item<double>(), 1, 1e-12);
}

}  // namespace
}  // namespace afterimage
