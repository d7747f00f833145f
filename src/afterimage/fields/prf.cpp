#include "afterimage/fields/prf.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/fields/each_sensor.h"
#include "afterimage/fields/gabor_fit.h"
#include "afterimage/fields/prf_grid.h"
#include "afterimage/fields/visual_features.h"

namespace afterimage {
namespace {

/// Fits one sensor to both halves and to all, and judges it.
class SensorJob {
 public:
  SensorJob(const std::vector<FeatureMaps>& maps, const FieldData& data, int64_t steps)
      : maps_(maps),
        data_(data),
        fitters_{GaussianFitter(maps, {0}, steps), GaussianFitter(maps, {1}, steps),
                 GaussianFitter(maps, {0, 1}, steps)} {}

  void run(const std::array<std::vector<FieldStart>, kFitSets>& start, int64_t sensor,
           ReceptiveFields& out) const {
    const auto column = data_.responses.select(1, sensor).contiguous();
    const std::array responses = {column.narrow(0, 0, data_.first_half),
                                  column.narrow(0, data_.first_half, data_.rows_of(1))};
    std::array<GaussianFit, kFitSets> fits;
    for (size_t set = 0; set < kFitSets; ++set) {
      fits[set] = fitters_[set].fit(start[set][static_cast<size_t>(sensor)], responses);
    }
    const auto& field = fits[2].field;
    out.x[sensor] = field.x;
    out.y[sensor] = field.y;
    out.size[sensor] = field.size;
    out.r2[sensor] = across_halves(fits, responses);
    out.distance[sensor] =
        std::hypot(fits[0].field.x - fits[1].field.x, fits[0].field.y - fits[1].field.y);
  }

 private:
  /// Each half predicted by the fit to the other.
  double across_halves(const std::array<GaussianFit, kFitSets>& fits,
                       const std::array<at::Tensor, 2>& responses) const {
    double error = 0, total = 0;
    for (int half = 0; half < 2; ++half) {
      const auto y = responses[static_cast<size_t>(half)].to(at::kDouble);
      const auto predicted = predict(maps_, half, fits[static_cast<size_t>(1 - half)]);
      error += (y - predicted).square().sum().item<double>();
      total += (y - y.mean()).square().sum().item<double>();
    }
    return 1 - error / total;
  }

  const std::vector<FeatureMaps>& maps_;
  const FieldData& data_;
  std::array<GaussianFitter, kFitSets> fitters_;
};

}  // namespace

Options PrfMethod::options() {
  return {
      Option("features", features_,
             "local: luminance, colour, oriented energy; network: SqueezeNet; all: both")
          .one_of({"local", "network", "all"}),
      Option("components", components_, "principal components of each layer of the network")
          .range(1, 256),
      Option("steps", steps_, "Gauss-Newton steps, at most; 0 = the grid's own field")
          .range(0, 100),
      Option("oriented", oriented_,
             "also fit Gabors; sensors they predict better get the size of their envelope"),
  };
}

ReceptiveFields PrfMethod::estimate(const FieldData& data, const std::vector<std::string>&,
                                    const RunContext& run) {
  const torch::NoGradGuard no_gradients;
  run.say("Computing features");
  const auto maps = visual_features(data, features_, components_, run);
  const auto start = search_grid(maps, data, run);
  auto out = ReceptiveFields::unknown(data.sensors());
  const SensorJob job(maps, data, steps_);
  for_each_sensor(data, "Refining", run, [&](int64_t s) { job.run(start, s, out); });
  if (oriented_) take_gabors(fit_gabors(data, out.r2, run), out);
  return out;
}

}  // namespace afterimage
