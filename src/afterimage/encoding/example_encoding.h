#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "afterimage/base/example_run.h"
#include "afterimage/encoding/field_pooling.h"
#include "afterimage/recordings/array_source.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/simulation/features.h"

/// For the tests of this room: sensors that see local features under Gaussian fields, with noise.
namespace afterimage::example {

inline RunContext quiet() {
  RunOptions options;
  options.threads = 1;
  options.weights = AFTERIMAGE_ASSETS "/weights";
  return prepared_run(options);
}

struct EncodingWorld {
  Sensors sensors;
  at::Tensor images;  // (n, 3, 16, 16), four crops of each photograph, then their repeats
  at::Tensor signal;  // (n, sensor, 1) of variance 1 before noise, then standardised with it
  ArraySource source;
};

/// Each photograph gives four stimuli, each shown `repeats` times; noise of variance `noise`
/// beside a signal of variance 1. `shuffled`: each sample shows the image of another.
inline EncodingWorld encoding_world(int64_t photographs, int64_t repeats, double noise,
                                    bool shuffled = false, int64_t sensors = 6) {
  constexpr int64_t side = 16, crops = 4;
  auto generator = quiet().generator("world");
  const auto coarse = at::rand({photographs * crops, 3, side / 2, side / 2}, generator);
  const auto images = at::upsample_bilinear2d(coarse, {side, side}, false);
  const auto place = at::rand({sensors, 3}, generator, at::kDouble);
  Sensors s;
  std::vector<GaussianField> fields;
  for (int64_t i = 0; i < sensors; ++i) {
    fields.push_back({0.2 + 0.6 * place[i][0].item<double>(),
                      0.2 + 0.6 * place[i][1].item<double>(),
                      0.08 + 0.1 * place[i][2].item<double>()});
    s.name.push_back(std::to_string(i));
    s.roi.emplace_back(i % 2 == 0 ? "V1" : "V4");
    s.array.push_back(-1);
    s.x.push_back(fields.back().x);
    s.y.push_back(fields.back().y);
    s.size.push_back(fields.back().size);
    s.reliability.push_back(std::nan(""));
  }
  const auto seen = FieldPooling(fields, even_cells(side), true)(simulator::local_features(images));
  const auto z = (seen - seen.mean(1, true)) / seen.std(1, false, true).clamp_min(1e-6);
  const auto weights = at::randn({sensors, 5, 1}, generator);
  auto drive = z.narrow(2, 0, 5).bmm(weights).transpose(0, 1);  // (n, sensor, 1)
  drive = (drive - drive.mean(0)) / drive.std(0, false);
  const auto shown = images.repeat({repeats, 1, 1, 1});
  const auto signal = drive.repeat({repeats, 1, 1});
  auto responses = signal + std::sqrt(noise) * at::randn(signal.sizes(), generator);
  if (shuffled) responses = responses.index_select(0, at::randperm(signal.size(0), generator));
  const auto mean = responses.mean(0), scale = responses.std(0, false);
  std::vector<int64_t> stimulus;
  std::vector<std::string> names;
  for (int64_t i = 0; i < shown.size(0); ++i) {
    stimulus.push_back(i % images.size(0));
    names.push_back("photo " + std::to_string(i % images.size(0) / crops));
  }
  return {s, shown, (signal - mean) / scale,
          ArraySource((responses - mean) / scale, shown, stimulus, names)};
}

}  // namespace afterimage::example
