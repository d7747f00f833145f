#include "afterimage/recordings/recording_notes.h"

#include <ATen/ops/max.h>

#include <algorithm>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

bool inside(double x) { return x >= 0 && x <= 1; }

/// Up to 64 stimuli spread over all, of 64 MiB at most.
std::vector<int64_t> sample_of(const RecordingInfo& info) {
  constexpr int64_t most = 64;
  const int64_t count =
      std::min({info.stimuli(), most, rows_per_batch(info.height * info.width * 3)});
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(i * info.stimuli() / count);
  return rows;
}

}  // namespace

std::string fields_note(const Sensors& sensors, const std::string& hint) {
  int64_t mapped = 0, on_stimulus = 0, sized = 0, wide = 0;
  for (int64_t s = 0; s < sensors.count(); ++s) {
    const auto i = static_cast<size_t>(s);
    mapped += sensors.mapped(s);
    on_stimulus += inside(sensors.x[i]) && inside(sensors.y[i]);
    sized += sensors.size[i] > 0;
    wide += sensors.size[i] > 1;
  }
  std::string text;
  if (2 * on_stimulus < mapped) {
    text = concat("only ", on_stimulus, " of ", mapped, " receptive fields lie on the stimulus");
  } else if (2 * wide > sized) {
    text = concat(wide, " of ", sized, " receptive fields are wider than the stimulus");
  } else {
    return "";
  }
  return concat(text, " (x, y and size run from 0 to 1 over it): ",
                hint.empty() ? "are they in degrees or pixels?" : hint);
}

std::string images_note(const Recording& recording) {
  constexpr int64_t dark = 16;
  const auto rows = sample_of(recording.info());
  int64_t brightest = 0;
  try {
    brightest = recording.images(rows).max().item<int64_t>();
  } catch (const Error& error) {
    return error.what();
  }
  if (brightest >= dark) return "";
  return concat("the images are almost black: the brightest value of ", rows.size(), " of them is ",
                brightest, " of 255",
                brightest == 1 ? " (0 and 1 in the place of 0 and 255?)" : "");
}

std::vector<std::string> recording_notes(const Recording& recording,
                                         const std::string& fields_hint) {
  std::vector<std::string> notes;
  for (const auto& note :
       {fields_note(recording.info().sensors, fields_hint), images_note(recording)}) {
    if (!note.empty()) notes.push_back(note);
  }
  return notes;
}

}  // namespace afterimage
