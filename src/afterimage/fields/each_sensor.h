#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <string>

#include "afterimage/base/progress.h"
#include "afterimage/fields/field_data.h"

namespace afterimage {

/// Calls `fit(sensor)` for every sensor that varies, on all threads; each may write to its own
/// place only. Progress is shown under `title`. Interrupted: between chunks.
template <typename Fit>
void for_each_sensor(const FieldData& data, const std::string& title, const RunContext& run,
                     Fit fit) {
  Progress progress(run, title, data.sensors(), "sensor");
  constexpr int64_t chunk = 64;
  for (int64_t first = 0; first < data.sensors(); first += chunk) {
    run.stop_if_cancelled("stopped; no recording was written");
    const int64_t last = std::min(first + chunk, data.sensors());
    at::parallel_for(first, last, 1, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        if (data.varies[s].item<bool>()) fit(s);
      }
    });
    progress.advance(last - first);
  }
}

}  // namespace afterimage
