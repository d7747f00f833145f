#include "afterimage/importers/export.h"

#include <ATen/Functions.h>

#include <numeric>

#include "afterimage/base/batches.h"
#include "afterimage/base/config.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"
#include "afterimage/formats/mat.h"
#include "afterimage/formats/npy.h"
#include "afterimage/importers/table.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

std::vector<int64_t> counted(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

Words texts(const std::vector<int64_t>& numbers) {
  Words words;
  for (const int64_t number : numbers) words.push_back(std::to_string(number));
  return words;
}

Words texts(const std::vector<double>& numbers) {
  Words words;
  for (const double number : numbers) {
    words.push_back(std::isnan(number) ? "" : number_text(number));
  }
  return words;
}

/// (n, y, x, channel) of stimuli.
at::Tensor images_of(const Recording& recording, const std::vector<int64_t>& rows) {
  return recording.images(rows)
      .narrow(1, 0, recording.info().channels)
      .permute({0, 2, 3, 1})
      .contiguous();
}

void write_npy_arrays(const Recording& recording, const fs::path& folder) {
  const RecordingInfo& info = recording.info();
  const int64_t row = recording.sensors() * recording.bins();
  NpyWriter responses(folder / "responses.npy", at::kFloat,
                      {info.trials.count(), recording.sensors(), recording.bins()});
  for_batches(counted(info.trials.count()), rows_per_batch(row * 4),
              [&](int64_t, const auto& rows) { responses.append(recording.responses(rows)); });
  responses.finish();
  NpyWriter images(folder / "images.npy", at::kByte,
                   {info.stimuli(), info.height, info.width, info.channels});
  for_batches(counted(info.stimuli()), rows_per_batch(3 * info.height * info.width),
              [&](int64_t, const auto& rows) { images.append(images_of(recording, rows)); });
  images.finish();
}

void write_mat_arrays(const Recording& recording, const fs::path& folder) {
  const RecordingInfo& info = recording.info();
  write_mat(folder / "data.mat", {{"responses", recording.responses(counted(info.trials.count()))},
                                  {"images", images_of(recording, counted(info.stimuli()))}});
}

void write_tables(const RecordingInfo& info, const fs::path& folder) {
  Words names = {"name", "source"};
  std::vector<Words> columns = {info.stimulus_name, info.stimulus_source};
  if (!info.stimulus_category.empty()) {
    names.emplace_back("category");
    columns.push_back(info.stimulus_category);
  }
  write_text(folder / "stimuli.csv", csv_text(names, columns), false);
  if (!info.stimulus_caption.empty()) {
    columns.assign(2, {});
    for (size_t row = 0; row < info.stimulus_caption.size(); ++row) {
      for (const auto& caption : info.stimulus_caption[row]) {
        columns[0].push_back(info.stimulus_name[row]);
        columns[1].push_back(caption);
      }
    }
    write_text(folder / "captions.csv", csv_text({"stimulus", "caption"}, columns), false);
  }

  const Trials& trials = info.trials;
  write_text(
      folder / "trials.csv",
      csv_text({"stimulus", "split", "repeat", "block"},
               {texts(trials.stimulus), trials.split, texts(trials.repeat), texts(trials.block)}),
      false);

  const Sensors& sensors = info.sensors;
  names = {"name", "roi", "array", "x", "y", "size", "reliability"};
  columns = {sensors.name,     sensors.roi,         texts(sensors.array),      texts(sensors.x),
             texts(sensors.y), texts(sensors.size), texts(sensors.reliability)};
  for (const auto& [name, values] : sensors.measures) {
    names.push_back(name);
    columns.push_back(texts(values));
  }
  write_text(folder / "sensors.csv", csv_text(names, columns), false);
}

std::string toml_of(const RecordingInfo& info, bool mat) {
  TableOptions options;
  options.responses = {mat ? "data.mat:responses" : "responses.npy"};
  options.images = {mat ? "data.mat:images" : "images.npy"};
  options.stimuli.table = "stimuli.csv";
  if (!info.stimulus_caption.empty()) options.stimuli.captions = "captions.csv";
  options.trials.table = "trials.csv";
  options.sensors.table = "sensors.csv";
  for (const Bin& bin : info.bins) {
    options.bin_start_ms.push_back(bin.start_ms);
    options.bin_stop_ms.push_back(bin.stop_ms);
  }
  options.degrees_per_stimulus = info.degrees_per_stimulus;
  options.frames_per_second = info.frames_per_second;
  if (info.fixation_known()) options.fixation = {info.fixation_x, info.fixation_y};
  return to_toml(options.options(),
                 "# A recording; 'afterimage import table THIS --out RECORDING' puts it together "
                 "again.\n\n");
}

}  // namespace

void export_recording(const Recording& recording, const fs::path& folder, const std::string& format,
                      bool force) {
  TORCH_INTERNAL_ASSERT(format == "npy" || format == "mat");
  Output output(folder, force);
  fs::create_directory(output.path());
  const bool mat = format == "mat";
  mat ? write_mat_arrays(recording, output.path()) : write_npy_arrays(recording, output.path());
  write_tables(recording.info(), output.path());
  write_text(output.path() / "table.toml", toml_of(recording.info(), mat), false);
  output.commit();
}

}  // namespace afterimage
