#include "afterimage/importers/bids.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"
#include "afterimage/formats/nifti.h"
#include "afterimage/importers/bids_parts.h"
#include "afterimage/importers/image_files.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/response_files.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using namespace bids;

ResponseFiles open_betas(const std::vector<Named>& files) {
  std::vector<std::unique_ptr<ArrayFile>> arrays;
  for (const auto& file : files) {
    arrays.push_back(open_array(file.path.filename().string(), file.path.parent_path()));
    if (arrays.back()->shape().size() == 4) continue;
    throw Error(file.path, "holds one volume",
                "A series of volumes, one for each trial, is expected here");
  }
  return ResponseFiles(std::move(arrays), {"trial", "x", "y", "z"});
}

/// What the events of one file of betas say of its trials.
struct Shown {
  std::vector<std::string> stimulus, split;
};

bool unknown(const std::string& text) { return text.empty() || text == "n/a"; }

void read_events(const fs::path& path, const BidsOptions& options, Shown& shown) {
  const CsvTable table = CsvTable::read(path);
  const auto& stimulus = table.column(options.stimulus_column);
  const std::vector<std::string> none(stimulus.size());
  const auto& split = options.split_column.empty() ? none : table.column(options.split_column);
  const auto& type = options.trial_types.empty() ? none : table.column("trial_type");
  for (size_t row = 0; row < stimulus.size(); ++row) {
    const auto& wanted = options.trial_types;
    const bool other = !wanted.empty() && std::count(wanted.begin(), wanted.end(), type[row]) == 0;
    if (other || unknown(stimulus[row])) continue;
    shown.stimulus.push_back(stimulus[row]);
    shown.split.push_back(unknown(split[row]) ? "" : split[row]);
  }
}

/// The events of all betas, in their order.
Shown read_shown(const std::vector<Named>& betas, const std::vector<int64_t>& trials,
                 const std::vector<std::vector<fs::path>>& events, const BidsOptions& options,
                 ImportReport& report) {
  Shown all;
  for (size_t i = 0; i < betas.size(); ++i) {
    const size_t before = all.stimulus.size();
    std::vector<std::string> names;
    for (const auto& path : events[i]) {
      read_events(path, options, all);
      names.push_back(path.filename().string());
      report.inputs.push_back({path});
    }
    const auto shown = static_cast<int64_t>(all.stimulus.size() - before);
    if (shown == trials[i]) continue;
    throw Error(betas[i].path,
                concat("has ", trials[i], " volumes, its events show ", shown, " stimuli (",
                       join(names), ")"),
                "Each volume is a trial; --trial-types says which events are trials");
  }
  return all;
}

/// Blocks: files, or sessions.
std::vector<int64_t> blocks_of(const std::vector<Named>& betas, const std::vector<int64_t>& trials,
                               const std::string& block) {
  std::vector<std::string> names;
  for (size_t i = 0; i < betas.size(); ++i) {
    const std::string name = block == "session" ? betas[i].of("ses") : betas[i].path.string();
    names.insert(names.end(), static_cast<size_t>(trials[i]), name);
  }
  return numbered_by_first(names);
}

/// The names of a label volume: of the table beside it, or of `labels`.
std::map<int64_t, std::string> label_names(const fs::path& volume, const std::string& labels,
                                           ImportReport& report) {
  std::string name = volume.filename().string();
  name.resize(name.find('.'));
  const fs::path path = labels.empty() ? volume.parent_path() / (name + ".tsv") : fs::path(labels);
  if (!fs::exists(path)) {
    throw Error(path, "no such file",
                "A label volume needs a table (index, name) beside it, or --labels");
  }
  report.inputs.push_back({path});
  const CsvTable table = CsvTable::read(path);
  const auto index = table.integers("index");
  const auto& names = table.column("name");
  std::map<int64_t, std::string> out;
  for (size_t i = 0; i < index.size(); ++i) out[index[i]] = names[i];
  return out;
}

/// The first label volume that has a label at a voxel names it.
void name_rois(const BidsOptions& options, const ResponseFiles& responses, Sensors& sensors,
               ImportReport& report) {
  for (const fs::path path : options.rois) {
    const auto names = label_names(path, options.labels, report);
    const at::Tensor volume = NiftiFile(path).read_volume();
    report.inputs.push_back({path});
    require_shape(volume.sizes().vec(), responses.sensor_shape(), path.string(), "as the betas");
    const auto labels = doubles_of(volume.reshape(-1).index({responses.kept()}));
    for (size_t v = 0; v < labels.size(); ++v) {
      if (!(labels[v] > 0) || !sensors.roi[v].empty()) continue;
      const auto found = names.find(std::llround(labels[v]));
      if (found == names.end()) {
        throw Error(path, concat("has the label ", number_text(labels[v])),
                    "Its table has no row for it: index, name");
      }
      sensors.roi[v] = found->second;
    }
  }
}

void set_splits(const BidsOptions& options, const Shown& shown, RecordingInfo& info,
                ImportReport& report) {
  if (!options.split_column.empty()) {
    info.trials.split = shown.split;
    return;
  }
  require_fewer_than_all(options.test_stimuli, info.stimuli(), report);
  info.trials.split = split_by_stimulus(info.trials.stimulus, info.stimuli(), options.test_stimuli);
}

}  // namespace

Options BidsOptions::options() {
  return {
      Option("subject", subject, "label of the subject (01 of sub-01); empty: the one there is"),
      Option("betas", betas,
             "words that the names of the betas have: entities (desc-betas), their values or the "
             "suffix"),
      Option("events", events,
             "folder with the events.tsv files; empty: the betas' own, or the data set that they "
             "derive from (the folder above 'derivatives')"),
      Option("stimulus_column", stimulus_column,
             "column of the events that names the image; rows without are no trials"),
      Option("trial_types", trial_types, "only events with these in trial_type are trials"),
      Option("split_column", split_column,
             "column of the events with the split (train, test or another name)"),
      Option("test_stimuli", test_stimuli,
             "without a column: the last so many images are 'test', the others 'train'")
          .range(0),
      Option("block", block, "what a block is: each file of betas, or a session")
          .one_of({"run", "session"}),
      Option("mask", mask,
             "volume whose voxels above 0 are kept; empty: the mask of the subject and space"),
      Option("rois", rois, "label volumes that name the voxels; the first that has a label wins"),
      Option("labels", labels,
             "table (index, name) of the labels; empty: the .tsv beside each label volume"),
      Option("nan", nan, "voxels with NaN in some trial").one_of({"refuse", "drop"}),
      Option("images", images, "folder of the images; empty: 'stimuli' of the data set"),
      image_size_option(image_size),
      Option("bin_start_ms", bin_start_ms, "start of a trial after stimulus onset").unit("ms"),
      Option("bin_stop_ms", bin_stop_ms, "its end").unit("ms"),
      Option("degrees_per_stimulus", degrees_per_stimulus,
             "width of the stimulus in visual angle; 0 = unknown")
          .unit("degrees")
          .range(0, 360),
  };
}

ImportReport BidsImporter::import(const ImportJob& job) {
  if (job.paths.size() != 1 || !fs::is_directory(job.paths[0])) {
    throw Error("import bids", "takes one folder, the derivatives that hold the betas");
  }
  if (!(options_.bin_stop_ms > options_.bin_start_ms)) {
    throw Error("--bin-stop-ms", "is not after --bin-start-ms");
  }
  ImportReport report;
  const auto betas = find_betas(job.paths[0], options_);
  const Places places = find_places(job.paths[0], options_);
  ResponseFiles responses = open_betas(betas);
  const fs::path mask = find_mask(places, betas[0], options_);
  responses.select(NiftiFile(mask).read_volume().gt(0), mask.string());
  report.note_dropped("voxels",
                      c10::multiply_integers(responses.sensor_shape()) - responses.sensors(),
                      "outside " + mask.filename().string());
  if (!options_.mask.empty()) report.inputs.push_back({mask});

  RecordingInfo info;
  const auto trials = responses.trials_by_file();
  const Shown shown =
      read_shown(betas, trials, find_events(places, betas, options_), options_, report);
  const ImageFolder folder(places.stimuli);
  std::vector<fs::path> files;
  for (const auto& label : shown.stimulus) files.push_back(folder.named(label));
  const DistinctImages distinct(files);
  const ImageFiles images(distinct.files, options_.image_size);
  report.inputs.push_back({places.stimuli, distinct.files});
  set_size(images, info);
  info.stimulus_name = info.stimulus_source = distinct.names(places.stimuli);
  info.degrees_per_stimulus = options_.degrees_per_stimulus;
  info.bins = {{options_.bin_start_ms, options_.bin_stop_ms}};
  info.trials.stimulus = distinct.rows;
  info.trials.repeat = count_repeats(distinct.rows);
  info.trials.block = blocks_of(betas, trials, options_.block);
  set_splits(options_, shown, info, report);
  info.sensors = voxels_at(responses.kept());
  name_rois(options_, responses, info.sensors, report);
  if (options_.nan == "drop") drop_gaps(responses, info.sensors, job.paths[0].string(), report);
  info.provenance = with_report(job.provenance, report);
  RecordingWriter writer(job.out, info, job.force);
  images.append_to(writer);
  responses.append_to(writer);
  writer.finish();
  return report;
}

}  // namespace afterimage
