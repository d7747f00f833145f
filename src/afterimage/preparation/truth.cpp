#include "afterimage/preparation/truth.h"

#include <ATen/Functions.h>

#include <array>

namespace afterimage {
namespace {

/// What one array of the truth counts: its index of sensors (-1: none), and what it depends on.
struct Kind {
  const char* name;
  int64_t sensors;
  bool bins = false, trials = false, geometry = false;
};

constexpr std::array kinds{
    Kind{"x", 0, false, false, true},
    Kind{"y", 0, false, false, true},
    Kind{"size", 0, false, false, true},
    Kind{"eccentricity_degrees", 0},
    Kind{"cortex", 0},
    Kind{"local_weights", 0},
    Kind{"shape_weights", 0},
    Kind{"object_weights", 0},
    Kind{"test_signal", 1},
    Kind{"baseline", 0, true},
    Kind{"latency_ms", 0},
    Kind{"snr", 0, true},
    Kind{"noise_variance", 0, true},
    Kind{"gain_coupling", 0, true},
    Kind{"time_course", 0, true},
    Kind{"window_ms", 0, true},
    Kind{"gain", -1, false, true},
    Kind{"drift", 1, true},
};

}  // namespace

void copy_truth(const Recording& from, const std::vector<int64_t>& sensors,
                const Pipeline& pipeline, bool same_trials, bool images_changed,
                RecordingWriter& writer) {
  const at::Tensor kept = at::tensor(sensors, at::kLong);
  for (const Kind& kind : kinds) {
    const bool fits = (!kind.bins || pipeline.same_bins()) && (!kind.trials || same_trials) &&
                      (!kind.geometry || !images_changed);
    if (!fits || !from.has_truth(kind.name)) continue;
    const at::Tensor values = from.truth(kind.name);
    const bool of_sensors = kind.sensors >= 0 && kind.sensors < values.dim() &&
                            values.size(kind.sensors) == from.sensors();
    if (kind.sensors >= 0 && !of_sensors) continue;
    writer.add_truth(kind.name, of_sensors ? values.index_select(kind.sensors, kept) : values);
  }
  if (pipeline.window_ms().defined()) {
    writer.add_truth("window_ms", pipeline.window_ms().index_select(0, kept));
  }
}

}  // namespace afterimage
