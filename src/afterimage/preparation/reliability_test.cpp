#include "afterimage/preparation/reliability.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

const RunContext run = [] {
  RunOptions options;
  return example::prepared_run(options);
}();

/// Of responses in memory, (trial, sensor, bin).
Repeatability measured(const at::Tensor& responses,
                       const std::vector<std::vector<int64_t>>& groups) {
  const ResponseReader read{[&](const std::vector<int64_t>& rows) {
                              return responses.index_select(0, at::tensor(rows, at::kLong));
                            },
                            16};
  return measure_repeatability(read, groups, 50, run.generator("halves"), "here");
}

TEST(Repeatability, RecoversTheSignalToNoiseThatMadeTheData) {
  // 400 stimuli x 6 repeats x 4 sensors: signal of variance 1, noise of variance 1 / snr.
  auto generator = run.generator("test");
  const at::Tensor snr = at::tensor({0.25, 1.0, 4.0, 16.0}, at::kDouble);
  const at::Tensor signal = at::randn({400, 1, 4}, generator, at::TensorOptions(at::kDouble));
  const at::Tensor noise = at::randn({400, 6, 4}, generator, at::TensorOptions(at::kDouble));
  const at::Tensor all =
      (signal + noise / snr.sqrt()).view({2400, 4, 1}).to(at::kFloat) + 1000;  // far from zero
  std::vector<std::vector<int64_t>> groups(400);
  for (int64_t i = 0; i < 2400; ++i) groups[static_cast<size_t>(i / 6)].push_back(i);
  groups.push_back({0});  // shown once: left out
  const auto found = measured(all, groups);
  EXPECT_EQ(found.stimuli, 400);
  EXPECT_TRUE(at::allclose(found.split_half, 6 * snr / (6 * snr + 1), 0, 0.04));
  EXPECT_TRUE(at::allclose(found.single_trial, snr / (snr + 1), 0, 0.04));
  // One repeat against the mean of five: r = sqrt(snr / (snr + 1)) sqrt(5 snr / (5 snr + 1)).
  EXPECT_TRUE(at::allclose(found.oracle,
                           (snr / (snr + 1)).sqrt() * (5 * snr / (5 * snr + 1)).sqrt(), 0, 0.04));
  EXPECT_TRUE(at::allclose(found.snr, snr, 0.15, 0));
  EXPECT_TRUE(at::allclose(noise_ceiling(snr, 3), snr / (snr + 1.0 / 3)));
}

// By SciPy, pair by pair: equal and unequal numbers of repeats, sensors that never or seldom vary.
TEST(Repeatability, SingleTrialsCorrelateAsScipySays) {
  const TensorMap expected = reference::read("preparation/reliability.safetensors");
  for (const std::string name : {"balanced", "ragged"}) {
    const auto& counts = expected.at(name + "_counts");
    std::vector<std::vector<int64_t>> groups;
    int64_t next = 0;
    for (int64_t i = 0; i < counts.numel(); ++i) {
      auto& group = groups.emplace_back();
      for (int64_t k = 0; k < counts[i].item<int64_t>(); ++k) group.push_back(next++);
    }
    const auto found = measured(expected.at(name + "_responses").unsqueeze(2), groups);
    EXPECT_TRUE(at::allclose(found.single_trial, expected.at(name + "_single_trial"), 0, 1e-10,
                             /*equal_nan=*/true))
        << name << "\n"
        << found.single_trial;
  }
}

TEST(Repeatability, NeedsThreeStimuliWithRepeats) {
  const at::Tensor responses = at::rand({7, 2, 1}, at::TensorOptions(at::kDouble));
  EXPECT_THROW(measured(responses, {{0, 1}, {2, 3}, {4}}), Error);
}

}  // namespace
}  // namespace afterimage
