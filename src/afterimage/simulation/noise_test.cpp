#include "afterimage/simulation/noise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "afterimage/simulation/example_simulation.h"

namespace afterimage::simulator {
namespace {

constexpr int64_t kRepeats = 400;
constexpr int64_t kStimuli = 20;

/// Responses to a few stimuli with standard normal signals, shown many times.
struct Shown {
  Geometry geometry;
  at::Tensor signals;    // (stimulus, sensor)
  at::Tensor responses;  // (trial, sensor, bin)
  Trials trials;
  std::map<std::string, at::Tensor> truth;
};

Shown shown(NoiseOptions options, const BinOptions& bins = {}, const char* preset = "tvsd",
            int64_t seed = 1) {
  const auto run = example::run_with(seed);
  const auto brain = brain_model(preset, 0.125);
  Shown result;
  result.geometry = place_sensors(brain, {}, run.generator("place"));
  result.trials = schedule(0, kStimuli, kRepeats, options.blocks, run.generator("schedule"));
  const int64_t sensors = result.geometry.sensors.count(), n = result.trials.count();
  result.signals = at::randn({kStimuli, sensors}, run.generator("signals"), at::kFloat);
  ResponseModel model(brain, result.geometry, bins, options, n, run);
  result.responses = at::cat({model.responses(result.signals, result.trials, 0, n / 2),
                              model.responses(result.signals, result.trials, n / 2, n - n / 2)});
  for (const auto& [name, values] : model.truth()) result.truth[name] = values;
  return result;
}

/// Responses minus the mean over repeats of their stimulus: (trial, sensor, bin).
at::Tensor residuals(const Shown& data) {
  const auto stimulus = at::tensor(data.trials.stimulus);
  const auto sums = at::zeros({kStimuli, data.responses.size(1), data.responses.size(2)})
                        .index_add(0, stimulus, data.responses);
  return data.responses - (sums / static_cast<double>(kRepeats)).index_select(0, stimulus);
}

NoiseOptions steady() {
  NoiseOptions options;
  options.drift = 0;
  return options;
}

TEST(Schedule, ShowsTestImagesInEveryBlockAndTrainingOnce) {
  const auto trials = schedule(30, 4, 6, 3, example::generator(1));
  ASSERT_EQ(trials.count(), 30 + 24);
  std::map<int64_t, int64_t> times;
  std::map<std::pair<int64_t, int64_t>, int64_t> in_block;
  for (size_t t = 0; t < trials.stimulus.size(); ++t) {
    EXPECT_EQ(trials.repeat[t], times[trials.stimulus[t]]++);
    EXPECT_EQ(trials.split[t], trials.stimulus[t] < 30 ? "train" : "test");
    ++in_block[{trials.stimulus[t], trials.block[t]}];
  }
  for (int64_t s = 0; s < 30; ++s) EXPECT_EQ(times[s], 1);
  for (int64_t s = 30; s < 34; ++s) {
    for (int64_t b = 0; b < 3; ++b) EXPECT_EQ((in_block[{s, b}]), 2);
  }
  EXPECT_TRUE(std::ranges::is_sorted(trials.block));
}

TEST(Responses, SignalToNoiseFromRepeatsIsTheOption) {
  for (const double snr : {0.5, 4.0}) {
    auto options = steady();
    options.snr = snr;
    options.snr_spread = 0;
    const auto noise = residuals(shown(options)).var(at::IntArrayRef{0}).mean().item<double>();
    // 8000 trials and 120 sensors, but the gain is one number per trial: about 1 %.
    EXPECT_NEAR(noise * snr, 1, 0.03) << snr;
  }
}

TEST(Responses, SensorsDifferInSignalToNoise) {
  const auto data = shown(steady());
  const auto measured = residuals(data).var(at::IntArrayRef{0}).select(1, 0).reciprocal().log();
  const auto pair = at::stack({measured, data.truth.at("snr").log()});
  EXPECT_GT(at::corrcoef(pair)[0][1].item<double>(), 0.97);
  EXPECT_GT(data.truth.at("snr").log().std().item<double>(), 0.3);
}

TEST(Responses, MeanOverRepeatsIsTheSignal) {
  const auto data = shown(steady());
  const auto stimulus = at::tensor(data.trials.stimulus);
  const auto means = at::zeros({kStimuli, data.responses.size(1)})
                         .index_add(0, stimulus, data.responses.select(2, 0)) /
                     static_cast<double>(kRepeats);
  const auto expected = data.signals + 2 + data.truth.at("baseline");
  // Noise SD at most 1.2 over 400 repeats, 5 SDs.
  EXPECT_LT((means - expected).abs().max().item<double>(), 0.3);
}

TEST(Responses, GainIsSharedByAllSensors) {
  const auto correlation = [](double share) {
    auto options = steady();
    options.gain_share = share;
    options.noise_correlation = 0;
    const auto noise = residuals(shown(options)).select(2, 0);
    const auto r = at::corrcoef(noise.t());
    const auto n = static_cast<double>(r.size(0));
    return (r.sum().item<double>() - n) / (n * (n - 1));
  };
  EXPECT_NEAR(correlation(0), 0, 0.005);
  // share * (2^2 + mean z_i z_j) / (2^2 + 1)
  EXPECT_NEAR(correlation(0.3), 0.3 * 4 / 5, 0.03);
}

TEST(Responses, NeighboursShareNoise) {
  auto options = steady();
  options.gain_share = 0;
  options.noise_correlation = 0.5;
  const auto data = shown(options);
  const auto r = at::corrcoef(residuals(data).select(2, 0).t());
  double within = 0, across = 0, pairs_within = 0, pairs_across = 0;
  for (int64_t i = 0; i < r.size(0); ++i) {
    for (int64_t j = 0; j < i; ++j) {
      const bool same = data.geometry.sensors.array[static_cast<size_t>(i)] ==
                        data.geometry.sensors.array[static_cast<size_t>(j)];
      (same ? within : across) += r[i][j].item<double>();
      (same ? pairs_within : pairs_across) += 1;
    }
  }
  EXPECT_GT(within / pairs_within, 0.1);
  EXPECT_NEAR(across / pairs_across, 0, 0.005);
}

TEST(Responses, DriftMovesBaselinesFromBlockToBlock) {
  const auto spread = [](double drift) {
    NoiseOptions options;
    options.drift = drift;
    const auto data = shown(options);
    const auto block = at::tensor(data.trials.block);
    const auto mean_of = [&](int64_t b) {
      return data.responses.index_select(0, (block == b).nonzero().flatten()).mean(0).select(1, 0);
    };
    return (mean_of(3) - mean_of(0)).std().item<double>();
  };
  EXPECT_LT(spread(0), 0.05);
  EXPECT_NEAR(spread(0.5), 0.5 * std::sqrt(3.0), 0.15);  // three steps, 120 sensors
}

TEST(Responses, AreasRespondOneAfterTheOther) {
  const auto data = shown(steady(), {"five"});
  EXPECT_EQ(data.responses.size(2), 5);
  const auto& course = data.truth.at("time_course");
  const auto bin_of_rise = [&](const std::string& roi) {
    at::Tensor mean = at::zeros({5});
    for (size_t s = 0; s < data.geometry.roi.size(); ++s) {
      if (data.geometry.sensors.roi[s] == roi) mean += course[static_cast<int64_t>(s)];
    }
    int64_t bin = 0;
    while (mean[bin].item<double>() < 0.5 * mean.max().item<double>()) ++bin;
    return bin;
  };
  EXPECT_LT(course.select(1, 0).max().item<double>(), 0.2);  // nothing much before 40 ms
  EXPECT_EQ(bin_of_rise("V1"), 1);
  EXPECT_GE(bin_of_rise("V4"), bin_of_rise("V1"));
  EXPECT_GT(bin_of_rise("IT"), bin_of_rise("V1"));
  EXPECT_LT((course.amax(1) - 1).abs().max().item<double>(), 1e-6);
  // The signal is in the bins as the time course says.
  const auto means = data.responses.mean(0) - data.truth.at("baseline").unsqueeze(1);
  const auto mean_evoked = (2 + data.signals.mean(0)).unsqueeze(1);
  EXPECT_LT((means / mean_evoked - course).abs().mean().item<double>(), 0.02);
}

TEST(Responses, BloodRespondsLate) {
  const auto data = shown(steady(), {"five"}, "brain2pix");
  const auto course = data.truth.at("time_course").mean(0);
  EXPECT_EQ(course.argmax().item<int64_t>(), 3);  // 4.9-5.6 s
  EXPECT_GT(course[0].item<double>(), 0.5);
}

TEST(Responses, BeforeOnsetThereIsBaselineAndNoise) {
  const auto after = shown(steady(), {"five"}), all = shown(steady(), {"five", true});
  EXPECT_TRUE(at::equal(all.responses.narrow(2, 1, 5), after.responses));
  const auto before = all.responses.select(2, 0);  // (trial, sensor)
  EXPECT_EQ(all.truth.at("time_course").select(1, 0).abs().max().item<double>(), 0);
  // Noise SD at most 1.2 over 8000 trials, 5 SDs: no sensor answers.
  const auto mean = before.mean(0) - all.truth.at("baseline");
  EXPECT_LT(mean.abs().max().item<double>(), 0.07);
  // All there is besides is e, correlated with the next bin as any two successive ones are.
  const auto expected = all.truth.at("noise_variance");
  EXPECT_LT(((before - before.mean(0)).square().mean(0) / expected - 1).abs().max().item<double>(),
            0.1);
  const auto of_bins = [&](int64_t bin) {
    const auto x = residuals(all);
    return (x.select(2, bin) * x.select(2, bin + 1)).mean(0) / expected;
  };
  EXPECT_NEAR(of_bins(0).mean().item<double>(), 0.3, 0.02);
}

TEST(Responses, FollowTheSeed) {
  const NoiseOptions options;
  EXPECT_TRUE(at::equal(shown(options).responses, shown(options).responses));
  EXPECT_FALSE(at::equal(shown(options).responses, shown(options, {}, "tvsd", 2).responses));
}

}  // namespace
}  // namespace afterimage::simulator
