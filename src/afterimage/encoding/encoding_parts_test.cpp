#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/example_run.h"
#include "afterimage/encoding/field_pooling.h"
#include "afterimage/encoding/output_curve.h"
#include "afterimage/encoding/repeat_noise.h"
#include "afterimage/encoding/residual_noise.h"
#include "afterimage/encoding/sensor_ridge.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {
namespace {

TensorMap fixture() {
  return read_safetensors(AFTERIMAGE_TEST_DATA "/encoding/encoding.safetensors");
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

TEST(SensorRidge, IsScikitLearns) {
  const auto known = fixture();
  const auto x = known.at("ridge.x"), y = known.at("ridge.y"), fold = known.at("ridge.fold");
  const auto list = known.at("ridge.lambdas");
  const std::vector<double> lambdas(list.const_data_ptr<double>(),
                                    list.const_data_ptr<double>() + list.numel());
  SensorRidge ridge(x.size(0), x.size(2), y.size(2), fold.max().item<int64_t>() + 1);
  for (const int64_t f : {2, 0, 1}) {
    const auto rows = fold.eq(f).nonzero().flatten();
    for (const auto& part : rows.split(7)) {
      ridge.add(x.index_select(1, part), y.index_select(1, part), f);
    }
  }
  for (const auto* name : {"plain.", "standardised."}) {
    const auto fit = ridge.solve(lambdas, std::string(name) == "standardised.", RunContext());
    const auto expected = [&](const char* what) {
      return known.at(std::string("ridge.") + name + what);
    };
    EXPECT_LT(largest_difference(fit.errors, expected("errors")), 1e-8);  // sums of up to 1e4
    EXPECT_LT(largest_difference(fit.weight, expected("weight")), 1e-10);
    EXPECT_LT(largest_difference(fit.intercept, expected("intercept")), 1e-10);
  }
}

TEST(SensorRidge, TakesPredictorsThatAllSensorsShare) {
  const auto known = fixture();
  const auto x = known.at("ridge.x").narrow(0, 0, 1), y = known.at("ridge.y");
  SensorRidge shared(y.size(0), x.size(2), y.size(2), 2), own(y.size(0), x.size(2), y.size(2), 2);
  for (const int64_t f : {0, 1}) {
    const auto part = x.narrow(1, 30 * f, 30), responses = y.narrow(1, 30 * f, 30);
    shared.add(part, responses, f);
    own.add(part.expand({y.size(0), -1, -1}), responses, f);
  }
  EXPECT_EQ(largest_difference(shared.solve({1, 10}, true, RunContext()).weight,
                               own.solve({1, 10}, true, RunContext()).weight),
            0);
}

TEST(CubicFit, IsNumPysPolyfit) {
  const auto known = fixture();
  const auto drive = known.at("curve.drive"), response = known.at("curve.response");
  const std::vector<int64_t> shape = {drive.size(1)};
  CubicFit cubic{at::IntArrayRef(shape)};
  cubic.add(drive.narrow(0, 0, 20), response.narrow(0, 0, 20));
  cubic.add(drive.narrow(0, 20, 30), response.narrow(0, 20, 30));
  const auto curve = cubic.solve();
  EXPECT_LT(
      largest_difference(curve.narrow(0, 0, 4).to(at::kDouble), known.at("curve.coefficients")),
      1e-6);
  // Beyond what it was fitted to it stays as it is there.
  const auto far = cubic_curve(curve, at::full({1, 3}, 100.0, at::kFloat));
  const auto end = cubic_curve(curve, drive.amax(0, true).to(at::kFloat));
  EXPECT_LT(largest_difference(far, end), 1e-6);
}

TEST(ResidualNoise, HasTheLeadingComponentsAndTheirDiagonal) {
  const auto known = fixture();
  const auto noise =
      ResidualNoise::fit(known.at("noise.deviations"), 3, RunContext().generator("test"));
  const auto covariance = noise.loadings.mm(noise.loadings.t()) + noise.diagonal.diag();
  const auto expected = known.at("noise.covariance");
  EXPECT_LT(largest_difference(covariance.to(at::kDouble), expected),
            1e-5 * expected.abs().max().item<double>());
  EXPECT_LT(largest_difference(noise.variance().to(at::kDouble), expected.diagonal()), 1e-4);
  constexpr int64_t draws = 4000;
  auto generator = RunContext().generator("draws");
  std::vector<at::Tensor> drawn;
  for (int64_t i = 0; i < draws; ++i) drawn.push_back(noise.draw(generator));
  const auto x = at::stack(drawn);
  EXPECT_LT(largest_difference(x.t().mm(x) / draws, covariance),
            0.06 * covariance.diagonal().max().item<double>());
}

TEST(RepeatNoise, IsTheVarianceWithinStimuli) {
  std::vector<int64_t> stimulus;
  std::vector<double> values;
  for (int64_t s = 0; s < 15; ++s) {
    for (const int64_t i : {0, 1, 2}) {
      stimulus.push_back(s);
      values.push_back(static_cast<double>(10 * s) + (i == 0 ? 3.0 : i == 1 ? -3.0 : 0.0));
    }
  }
  stimulus.push_back(99);  // shown once: says nothing
  values.push_back(1000);
  RepeatNoise repeats(stimulus);
  ASSERT_TRUE(repeats.known());
  const auto all = at::tensor(values, at::kDouble).unsqueeze(1);
  for_batches(all_rows(all.size(0)), 7, [&](int64_t first, const auto& rows) {
    repeats.add(rows, all.narrow(0, first, std::ssize(rows)));
  });
  EXPECT_NEAR(repeats.variance().item<double>(), 9, 1e-9);  // (9 + 9) / 2
  EXPECT_FALSE(RepeatNoise({1, 2, 3, 3}).known());
}

TEST(FieldPooling, WeighsCellsByTheGaussianAtEveryResolution) {
  // A ramp along x under a field is the field's centre, however wide it is.
  const auto cells = even_cells(32);
  const auto ramp = cells.to(at::kFloat).view({1, 1, 1, 32}).expand({2, 1, 32, 32}).contiguous();
  const std::vector<GaussianField> fields = {{0.5, 0.5, 0.2}, {0.4, 0.6, 0.03}, {0.6, 0.5, 0.08}};
  const auto seen = FieldPooling(fields, cells, true)(ramp);
  ASSERT_EQ(seen.sizes(), (std::vector<int64_t>{3, 2, 1}));
  for (size_t s = 0; s < fields.size(); ++s) {
    EXPECT_NEAR(seen[static_cast<int64_t>(s)][1][0].item<double>(), fields[s].x, 2e-3);
  }
}

}  // namespace
}  // namespace afterimage
