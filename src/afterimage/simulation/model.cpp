#include "afterimage/simulation/model.h"

#include <algorithm>
#include <cmath>

namespace afterimage::simulator {
namespace {

// The sources of all these numbers: docs/simulator.md. A receptive field's diameter is taken as
// four standard deviations of its Gaussian.

BrainModel tvsd() {
  BrainModel brain{"tvsd", 500 / 28.9, 0.82, {}, {}, {-100, 0}};
  brain.rois = {
      {"V1",
       7,
       64,
       0.5 / 4,
       0.25 / 4,
       {.luminance = 0.6, .colour = 0.2, .contrast = 0.05, .orientation = 0.15},
       {false, 40, 4, 8, 40, 0.5},
       {0, 133}},
      {"V4",
       4,
       64,
       1.0 / 4,
       0.85 / 4,
       {.luminance = 0.35, .colour = 0.2, .orientation = 0.05, .shape = 0.4},
       {false, 60, 6, 12, 50, 0.5},
       {33, 166}},
      {"IT",
       4,
       64,
       10.0 / 4,
       0.4 / 4,
       {.shape = 0.2, .object = 0.8},
       {false, 85, 8, 15, 60, 0.5},
       {66, 199}},
  };
  for (int i = 0; i < 5; ++i) brain.five.push_back({40.0 * i, 40.0 * (i + 1)});
  return brain;
}

BrainModel brain2pix() {
  BrainModel brain{"brain2pix", 20, 0.75, {}, {}, {-700, 0}};
  const TimeCourse blood{true, 0, 500, 0, 0, 0};
  const Window peak{2800, 6300};
  brain.rois = {
      {"V1",
       0,
       500,
       0.5,
       0.06,
       {.luminance = 0.4, .colour = 0.25, .contrast = 0.1, .orientation = 0.25},
       blood,
       peak},
      {"V2",
       0,
       500,
       0.6,
       0.10,
       {.luminance = 0.3, .colour = 0.3, .contrast = 0.1, .orientation = 0.2, .shape = 0.1},
       blood,
       peak},
      {"V3",
       0,
       400,
       0.8,
       0.15,
       {.luminance = 0.25, .colour = 0.2, .contrast = 0.1, .orientation = 0.2, .shape = 0.25},
       blood,
       peak},
  };
  for (int i = 0; i < 5; ++i) brain.five.push_back({2800 + 700.0 * i, 3500 + 700.0 * i});
  return brain;
}

}  // namespace

BrainModel brain_model(const std::string& preset, double scale) {
  BrainModel brain = preset == "brain2pix" ? brain2pix() : tvsd();
  for (auto& roi : brain.rois) {
    roi.sensors = std::max<int64_t>(1, std::llround(scale * static_cast<double>(roi.sensors)));
  }
  return brain;
}

}  // namespace afterimage::simulator
