#include "afterimage/importers/nwb.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nwb_parts.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

using namespace nwb;

hdf5::File open_nwb(const ImportJob& job) {
  if (job.paths.size() != 1) throw Error("import nwb", "takes one file, a session");
  auto file = hdf5::File::open(job.paths[0]);
  const bool text = file.has_attribute("/", "nwb_version");
  const std::string version = text ? file.text_attribute("/", "nwb_version") : "";
  if (version.starts_with("2.")) return file;
  const bool old = text || file.has("nwb_version");
  throw Error(job.paths[0], old ? "is of another version of NWB" : "is no NWB file",
              "NWB 2 is read; pynwb and MatNWB write it");
}

/// "A-B" cut into bins of `step` ms, as a list of windows.
std::string cut(const std::string& windows, double step) {
  if (step == 0) return windows;
  const Bin whole = parse_window(windows, "--windows", "--bin-ms cuts one window: -100-300");
  const double count = std::round((whole.stop_ms - whole.start_ms) / step);
  if (count < 1 || std::abs(whole.start_ms + count * step - whole.stop_ms) > edge * 1000) {
    throw Error("--bin-ms", concat(number_text(step), " ms do not divide the window ", windows));
  }
  std::vector<std::string> parts;
  const auto edge_ms = [&](int64_t i) {
    const double part = static_cast<double>(i) / count;
    return number_text(whole.start_ms + (whole.stop_ms - whole.start_ms) * part);
  };
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i) {
    parts.push_back(concat(edge_ms(i), "-", edge_ms(i + 1)));
  }
  return join(parts, "|");
}

/// The windows of sensors and bins, (sensor, bin, 2) in ms, each once, in seconds.
std::vector<Window> windows_of(const at::Tensor& window_ms) {
  const auto ms = window_ms.accessor<double, 3>();
  std::set<Window> windows;
  for (int64_t sensor = 0; sensor < ms.size(0); ++sensor) {
    for (int64_t bin = 0; bin < ms.size(1); ++bin) {
      windows.emplace(ms[sensor][bin][0] / 1000, ms[sensor][bin][1] / 1000);
    }
  }
  return {windows.begin(), windows.end()};
}

/// Which trials are used, and why others are not.
std::vector<size_t> usable(const Stimuli& stimuli, const std::vector<double>& onset,
                           const Responses& responses, const at::Tensor& window_ms,
                           const std::string& where, ImportReport& report) {
  const auto relative = windows_of(window_ms);
  const auto covered_at = [&](double time) {
    auto windows = relative;
    for (auto& window : windows) window = {time + window.first, time + window.second};
    return responses.covers(windows);
  };
  int64_t untimed = 0, blank = 0, outside = 0;
  std::vector<size_t> kept;
  for (size_t t = 0; t < onset.size(); ++t) {
    const bool timed = std::isfinite(onset[t]);
    const bool shows = stimuli.of_trial[t] >= 0;
    const bool covered = timed && shows && covered_at(onset[t]);
    untimed += !timed;
    blank += timed && !shows;
    outside += timed && shows && !covered;
    if (covered) kept.push_back(t);
  }
  report.note_dropped("trials", untimed, "no onset");
  report.note_dropped("trials", blank, "they show no image");
  report.note_dropped("trials", outside, "their windows were not recorded, or hold no sample");
  if (!kept.empty()) return kept;
  throw Error(
      where,
      concat("none of ", onset.size(), " trials can be used: ", untimed, " have no onset, ", blank,
             " show no image, of ", outside, " the windows were not recorded, or hold no sample"),
      "Are onsets (--onset-column) and windows right?");
}

void describe_trials(const NwbOptions& options, const Table& table, const std::vector<size_t>& kept,
                     const Stimuli& stimuli, RecordingInfo& info, ImportReport& report) {
  const auto column = [&](const std::string& name) {
    const auto all = table.texts(name);
    std::vector<std::string> out;
    for (const size_t row : kept) out.push_back(all[row]);
    return out;
  };
  Trials& trials = info.trials;
  for (const size_t row : kept) trials.stimulus.push_back(stimuli.of_trial[row]);
  trials.repeat = count_repeats(trials.stimulus);
  trials.block = options.block_column.empty() ? std::vector<int64_t>(kept.size(), 0)
                                              : numbered_by_first(column(options.block_column));
  if (!options.split_column.empty()) {
    trials.split = column(options.split_column);
    return;
  }
  require_fewer_than_all(options.test_stimuli, info.stimuli(), report);
  trials.split = split_by_stimulus(trials.stimulus, info.stimuli(), options.test_stimuli);
}

}  // namespace

Options NwbOptions::options() {
  return Options{
             Option("trials", trials, "the table of trials, one of /intervals"),
             Option("onset_column", onset_column, "its column of stimulus onsets, in seconds"),
             Option("stimulus_column", stimulus_column,
                    "its column that says what was shown: names or numbers of images; empty: "
                    "'stimulus', or else an IndexSeries"),
             Option("count_from", count_from, "number of the first image").range(0, 1),
             Option("split_column", split_column,
                    "its column with the split (train, test or another name; empty = not used)"),
             Option("block_column", block_column, "its column with the run, session or day"),
             Option("test_stimuli", test_stimuli,
                    "without a column: the last so many images are 'test', the others 'train'")
                 .range(0),
             Option("responses", responses,
                    "a series of time x channel, or units; empty: what the file has"),
             Option("windows", windows,
                    "windows after onset [ms] that responses are means over, or spike rates in: "
                    "0-200, 0-100|100-200, V1:25-125,V4:50-150"),
             Option("bin_ms", bin_ms, "above 0: cuts the window into bins of this length")
                 .unit("ms")
                 .range(0, 10000),
         } +
         Options{
             Option("images", images,
                    "a folder of image files, or the name of a container or series in the file; "
                    "empty: what the file has"),
             Option("image_axes", image_axes,
                    "indices of images in the file: y,x as NumPy has them, or x,y as the words of "
                    "the schema")
                 .one_of({"y,x", "x,y"}),
             image_size_option(image_size),
             Option("roi_column", roi_column,
                    "column of the units or the electrodes that names the ROI; empty: 'location'"),
             Option("x_column", x_column,
                    "column with the receptive field's centre, to the right; empty: unmapped"),
             Option("y_column", y_column, "column with the receptive field's centre"),
             Option("size_column", size_column,
                    "column with the receptive field's standard deviation"),
             Option("field_unit", field_unit,
                    "of these: stimulus (0 to 1 from the upper left), pixels (from the upper "
                    "left, y down) or degrees (from the stimulus's centre, y up)")
                 .one_of({"stimulus", "pixels", "degrees"}),
             Option("pixels_per_stimulus", pixels_per_stimulus,
                    "width of the stimulus in the pixels of the receptive fields")
                 .range(0),
             Option("degrees_per_stimulus", degrees_per_stimulus,
                    "width of the stimulus in visual angle; 0 = unknown")
                 .unit("degrees")
                 .range(0, 360),
         };
}

ImportReport NwbImporter::import(const ImportJob& job) {
  const auto file = open_nwb(job);
  ImportReport report;
  report.fields_hint = "are they in degrees or pixels? Say so by --field-unit";
  if (!file.has("intervals/" + options_.trials + "/id")) {
    const auto known =
        file.is_group("intervals") ? file.members("intervals") : std::vector<std::string>();
    throw Error(file.path(), concat("has no trials ('intervals/", options_.trials, "')"),
                known.empty() ? "Add them by pynwb's add_trial"
                              : "Name a table by --trials; there are: " + join(known));
  }
  const Table table(file, "intervals/" + options_.trials);
  const auto onset = table.numbers(options_.onset_column);
  const auto responses = open_responses(file, options_, report);
  const Windows windows = Windows::parse(cut(options_.windows, options_.bin_ms), "--windows");
  if (windows.all()) {
    throw Error("--windows", "'all' says no time", "Say which: 0-200, or -100-300 with --bin-ms");
  }
  const Binning binning(windows, responses->sensors(), "--windows");
  const Stimuli stimuli = read_stimuli(file, options_, table, onset, report);
  const auto kept = usable(stimuli, onset, *responses, binning.window_ms(), table.where(), report);

  RecordingInfo info;
  info.sensors = responses->sensors();
  info.bins = binning.bins();
  info.stimulus_name = info.stimulus_source = stimuli.name;
  info.height = stimuli.height;
  info.width = stimuli.width;
  info.channels = stimuli.channels;
  info.degrees_per_stimulus = options_.degrees_per_stimulus;
  describe_trials(options_, table, kept, stimuli, info, report);
  info.provenance = with_report(job.provenance, report);
  std::vector<double> starts;
  for (const size_t row : kept) starts.push_back(onset[row]);
  RecordingWriter writer(job.out, info, job.force);
  stimuli.append_to(writer);
  responses->append_to(writer, starts, binning.window_ms());
  if (!binning.same_for_all()) writer.add_truth("window_ms", binning.window_ms());
  writer.finish();
  return report;
}

}  // namespace afterimage
