#include "afterimage/importers/tvsd.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <numeric>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat.h"
#include "afterimage/importers/image_files.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/trial_stream.h"
#include "afterimage/importers/tvsd_parts.h"

namespace afterimage {
namespace {

using namespace tvsd;

/// One bin for each millisecond of the recording.
std::vector<Bin> times_of(const hdf5::File& file, int64_t count) {
  std::vector<double> start;
  if (file.has("tb")) {
    start = file.read<double>("tb");
    if (static_cast<int64_t>(start.size()) != count) {
      throw Error(file.path(), concat("'tb' has ", start.size(), " times, 'ALLMUA' ", count));
    }
  } else {
    for (int64_t t = 0; t < count; ++t) start.push_back(static_cast<double>(t - 100));
  }
  std::vector<Bin> bins;
  for (const double t : start) bins.push_back({t, t + 1});
  return bins;
}

/// The recording channel of each electrode: physical = recorded[mapping - 1].
std::vector<int64_t> read_mapping(const std::filesystem::path& path) {
  const auto numbers = integers_of(MatFile(path).read("mapping").to(at::kLong));
  auto rows = rows_from(numbers, 1, channels, path.string() + " 'mapping'", "channels");
  std::vector<int64_t> sorted = rows;
  std::sort(sorted.begin(), sorted.end());
  const bool unique = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  if (static_cast<int64_t>(rows.size()) != channels || !unique) {
    throw Error(
        path,
        concat("'mapping' has ", rows.size(), " numbers", unique ? "" : ", some of them twice"),
        "It must name each of the 1024 channels once");
  }
  return rows;
}

/// What both ways of reading start from, and fill in.
struct Work {
  const ImportJob& job;
  const TvsdOptions& options;
  Files files;
  Stimuli stimuli;
  std::vector<int64_t> kept = {};  // electrodes
  RecordingInfo info = {};
  ImportReport report = {};

  std::unique_ptr<RecordingWriter> start(const ImageFiles& images) {
    info.height = images.height();
    info.width = images.width();
    info.channels = images.channels();
    report.inputs.push_back({options.images, stimuli.file});
    for (const auto& file :
         {files.normalised, files.trials, files.images, files.mapping, files.fields}) {
      if (!file.empty()) report.inputs.push_back({file});
    }
    info.provenance = with_report(info.provenance, report);
    auto writer = std::make_unique<RecordingWriter>(job.out, info, job.force);
    images.append_to(*writer);
    return writer;
  }
};

void read_from_trials(Work& work) {
  const auto file = hdf5::File::open(work.files.trials);
  file.require_shape("ALLMUA", {-1, -1, channels}, {"time", "trial"});
  const auto table = read_trials(file, work.stimuli, work.report);
  const auto mapping = read_mapping(work.files.mapping);
  RecordingInfo& info = work.info;
  info.trials = table.trials;
  info.bins = times_of(file, file.shape("ALLMUA")[0]);

  TrialStream::Request request;
  request.file = work.files.trials;
  request.dataset = "ALLMUA";
  request.out = work.job.out;
  request.run = work.job.run;
  for (const int64_t electrode : work.kept) {
    request.channels.push_back(mapping[static_cast<size_t>(electrode)]);
  }
  at::Tensor window_ms;
  const Windows windows = Windows::parse(work.options.windows, "--windows");
  if (!windows.all()) {
    const Binning binning(windows, info.bins, info.sensors, work.files.trials.string());
    info.bins = binning.bins();
    request.windows = binning.groups();
    if (!binning.same_for_all()) window_ms = binning.window_ms();
  }
  const ImageFiles images(work.stimuli.file, work.options.image_size);
  TrialStream stream(std::move(request));
  stream.run();
  auto writer = work.start(images);
  const auto row = static_cast<int64_t>(work.kept.size() * info.bins.size() * 4);
  for_batches(table.row, rows_per_batch(row), [&](int64_t, const std::vector<int64_t>& rows) {
    writer->append_responses(stream.rows(rows));
  });
  if (window_ms.defined()) writer->add_truth("window_ms", window_ms);
  writer->finish();
  stream.finish();
}

/// (n, kept, 1) of rows of 1024 channels.
at::Tensor kept_of(const std::vector<float>& values, const std::vector<int64_t>& kept) {
  return at::tensor(values, at::kFloat)
      .view({-1, channels})
      .index_select(1, at::tensor(kept, at::kLong))
      .unsqueeze(2);
}

void read_from_means(Work& work) {
  const auto file = hdf5::File::open(work.files.normalised);
  const Stimuli& stimuli = work.stimuli;
  const auto train = static_cast<int64_t>(stimuli.train.size());
  const auto test = static_cast<int64_t>(stimuli.test.size());
  file.require_shape("train_MUA", {train, channels});
  file.require_shape("test_MUA_reps", {-1, test, channels}, {"repeat"});
  const int64_t repeats = file.shape("test_MUA_reps")[0];

  RecordingInfo& info = work.info;
  std::vector<at::Tensor> parts;  // 91 MB and 12 MB where all electrodes are kept
  int64_t missing = 0, unmeasured = 0;
  const auto add = [&](const at::Tensor& values, const std::vector<int64_t>& rows, int64_t repeat,
                       const std::string& split) {
    const at::Tensor there = at::isfinite(values).all(2).all(1);
    std::vector<int64_t> good;
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool measured = there[static_cast<int64_t>(i)].item<bool>();
      missing += rows[i] < 0;
      unmeasured += rows[i] >= 0 && !measured;
      if (rows[i] < 0 || !measured) continue;
      good.push_back(static_cast<int64_t>(i));
      info.trials.stimulus.push_back(rows[i]);
      info.trials.repeat.push_back(repeat);
      info.trials.block.push_back(0);
      info.trials.split.push_back(split);
    }
    parts.push_back(values.index_select(0, at::tensor(good, at::kLong)));
  };
  add(kept_of(file.read<float>("train_MUA"), work.kept), stimuli.train, 0, "train");
  const at::Tensor all = kept_of(file.read<float>("test_MUA_reps"), work.kept);
  for (int64_t r = 0; r < repeats; ++r) {
    add(all.narrow(0, r * test, test), stimuli.test, r, "test");
  }
  work.report.note_dropped("trials", missing, "their images are missing");
  work.report.note_dropped("trials", unmeasured, "not a number on some electrode");
  const Windows windows = Windows::parse("authors", "tvsd");
  const Binning binning(windows, info.sensors, "tvsd");
  info.bins = binning.bins();
  info.provenance["transductive"].push_back(
      "TVSD's authors normalised the responses with each day's test trials");
  work.report.notes.push_back("normalised data: the authors' windows and z-scores");

  const ImageFiles images(stimuli.file, work.options.image_size);
  auto writer = work.start(images);
  for (const auto& part : parts) writer->append_responses(part);
  writer->add_truth("window_ms", binning.window_ms());
  writer->finish();
}

}  // namespace

Options TvsdOptions::options() {
  return Options{
             Option("images", images, "folder of the THINGS images (needed)"),
             Option("image_size", image_size, "side of the images (0: as they are)")
                 .range(0, 4096)
                 .unit("pixels"),
             Option("skip_missing", skip_missing, "leave out trials whose image is missing"),
             Option("monkey", monkey, "whose recording; auto: as its folder says")
                 .one_of({"auto", "N", "F"}),
             Option("data", data,
                    "single trials, or the authors' normalised means; auto: trials "
                    "if they are there")
                 .one_of({"auto", "trials", "normalised"}),
             Option("windows", windows,
                    "of the trials [ms]: single and five (MonkeySee), authors, all (every "
                    "millisecond), or your own, such as V1:0-133,V4:33-166,IT:66-199"),
             Option("field_origin", field_origin,
                    "where the receptive fields' pixels are counted from")
                 .one_of({"fixation", "image"}),
             Option("field_y", field_y, "which way the receptive fields' y grows")
                 .one_of({"up", "down"}),
         } +
         sensors.options();
}

ImportReport TvsdImporter::import(const ImportJob& job) {
  Work work{job, options_, find_files(job.paths, options_), {}};
  const Sensors all = read_sensors(work.files, options_, work.report);
  work.kept = options_.sensors.apply(all, work.report, "import tvsd");
  work.stimuli = read_stimuli(work.files, options_, work.report);
  work.info.sensors = all.select(work.kept);
  work.info.stimulus_name = work.stimuli.name;
  work.info.stimulus_source = work.stimuli.name;
  work.info.stimulus_category = work.stimuli.category;
  work.info.degrees_per_stimulus = display_pixels / (work.files.monkey == "N" ? 28.9 : 26.9);
  work.info.fixation_x = work.info.fixation_y = 0.5 - shift_pixels / display_pixels;
  work.info.provenance = job.provenance.is_object() ? job.provenance : nlohmann::json::object();
  if (options_.sensors.uses_measures()) {
    work.info.provenance["transductive"].push_back(
        "sensors were chosen by measures of the test trials");
  }
  if (work.files.trials.empty()) {
    read_from_means(work);
  } else {
    read_from_trials(work);
  }
  return work.report;
}

}  // namespace afterimage
