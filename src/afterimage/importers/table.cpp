#include "afterimage/importers/table.h"

#include <ATen/Functions.h>

#include "afterimage/base/config.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/table_parts.h"

namespace afterimage {
namespace {

using table_import::Context;

ResponseFiles open_responses(const Context& context) {
  const TableOptions& options = context.options;
  if (options.responses.empty()) {
    throw Error(context.where, "names no responses", "Write responses = \"responses.npy\"");
  }
  std::vector<std::unique_ptr<ArrayFile>> files;
  for (const auto& text : options.responses) files.push_back(context.array(text));
  ResponseFiles responses(std::move(files), options.responses_axes);
  if (!options.mask.empty()) {
    const auto mask = context.array(options.mask);
    responses.select(mask->read(at::kFloat).ne(0), mask->where());
  }
  return responses;
}

std::vector<Bin> bins_of(const Context& context, int64_t count) {
  const auto& start = context.options.bin_start_ms;
  const auto& stop = context.options.bin_stop_ms;
  if (start.empty() && stop.empty() && count == 1) {
    context.report.notes.push_back(
        "the responses' time is not given: taken as 0 to 1000 ms (bin_start_ms, bin_stop_ms)");
    return {{0, 1000}};
  }
  if (static_cast<int64_t>(start.size()) != count || stop.size() != start.size()) {
    throw Error(
        context.where,
        concat("bin_start_ms has ", start.size(), " and bin_stop_ms ", stop.size(), " numbers"),
        concat("The responses have ", count, " bins; give a number for each"));
  }
  std::vector<Bin> bins;
  for (size_t i = 0; i < start.size(); ++i) bins.push_back({start[i], stop[i]});
  return bins;
}

void read_fixation(const Context& context, RecordingInfo& info) {
  const auto& point = context.options.fixation;
  if (point.empty()) return;
  if (point.size() != 2) {
    throw Error(context.where, concat("fixation has ", point.size(), " numbers"),
                "It needs two, x and y: fixation = [0.5, 0.5]");
  }
  info.fixation_x = point[0];
  info.fixation_y = point[1];
}

}  // namespace

std::unique_ptr<ArrayFile> table_import::Context::array(const std::string& text) const {
  report.inputs.push_back({array_path(text, folder)});
  return open_array(text, folder);
}

CsvTable table_import::Context::table(const std::string& file) const {
  report.inputs.push_back({folder / file});
  return CsvTable::read(folder / file);
}

Options TableOptions::options() {
  return Options{
             Option("responses", responses, "array files, one after the other along the trials"),
             Option("responses_axes", responses_axes,
                    "their indices: trial, sensor (or x, y, z) and bin"),
             Option("mask", mask, "array that is true at the sensors to keep"),
             Option("nan", nan, "sensors with NaN in some trial").one_of({"refuse", "drop"}),
             Option("images", images, "folders of images in name order, or array files"),
             Option("images_axes", images_axes,
                    "indices of image arrays: stimulus, y, x, channel; y*x or x*y (MATLAB) of "
                    "flattened images"),
             Option("images_shape", images_shape,
                    "height and width of flattened images; empty: they are square")
                 .range(1, 16384),
             image_size_option(image_size),
             Option("splits", splits, "the split of each of the responses' files"),
             Option("test_stimuli", test_stimuli,
                    "the last so many stimuli are 'test', the others 'train'")
                 .range(0),
             Option("bin_start_ms", bin_start_ms, "start of each bin after stimulus onset")
                 .unit("ms"),
             Option("bin_stop_ms", bin_stop_ms, "end of each bin after stimulus onset").unit("ms"),
             Option("degrees_per_stimulus", degrees_per_stimulus,
                    "width of the stimulus in visual angle; 0 = unknown")
                 .unit("degrees")
                 .range(0, 360),
             Option(
                 "fixation", fixation,
                 "point of fixation, x and y in stimulus coordinates (0 to 1 from the upper left, "
                 "or beyond); none = unknown"),
             Option("frames_per_second", frames_per_second,
                    "above 0: the stimuli are the frames of a video")
                 .range(0, 10000),
         } +
         Options{
             Option("stimuli.table", stimuli.table,
                    "CSV, a row per stimulus: file, name, source, category"),
             Option("stimuli.captions", stimuli.captions,
                    "CSV, a row per caption, any number a stimulus: stimulus (name), caption"),
             Option(
                 "trials.table", trials.table,
                 "CSV, a row per trial: stimulus (number) or stimulus_name, split, repeat, block"),
             Option("trials.stimulus", trials.stimulus, "array: the stimulus of each trial"),
             Option("trials.repeat", trials.repeat, "array: 0 for its first showing, 1, ..."),
             Option("trials.block", trials.block, "array: run, session or day of each trial"),
             Option("trials.count_from", trials.count_from, "number of the first stimulus")
                 .range(0, 1),
         } +
         Options{
             Option(
                 "sensors.table", sensors.table,
                 "CSV, a row per sensor: name, roi, array, x, y, size, reliability; other columns "
                 "of numbers are kept as measures"),
             Option("sensors.roi", sensors.roi, "array: number of each sensor's ROI, 0 = none"),
             Option("sensors.roi_names", sensors.roi_names, "names of the ROIs 1, 2, ..."),
             Option("sensors.array", sensors.array, "array: electrode array, counted from 0"),
             Option("sensors.x", sensors.x, "array: receptive field centres, to the right"),
             Option("sensors.y", sensors.y, "array: receptive field centres"),
             Option("sensors.size", sensors.size, "array: standard deviations of the fields"),
             Option("sensors.reliability", sensors.reliability,
                    "array: reliability, split-half or of single trials"),
             Option(
                 "sensors.unit", sensors.unit,
                 "of x, y and size: stimulus (0 to 1 from the upper left), pixels (from the upper "
                 "left, y down) or degrees (from the stimulus's centre, y up)")
                 .one_of({"stimulus", "pixels", "degrees"}),
             Option("sensors.pixels_per_stimulus", sensors.pixels_per_stimulus,
                    "width of the stimulus in the pixels of x, y and size")
                 .range(0),
         };
}

std::string TableImporter::template_text() {
  return to_toml(
      TableOptions().options(),
      "# What 'afterimage import table THIS.toml --out recording.h5' reads. Relative paths "
      "start at\n# this file's folder. An array is named FILE or FILE:NAME: .npy, .npz, "
      ".mat, .h5, .hdf5,\n# .nii, .nii.gz. Five lines are often enough; leave out the rest:"
      "\n#\n"
      "#   responses = [\"train.npy\", \"test.npy\"]     # (trial, sensor) or "
      "(trial, sensor, bin)\n"
      "#   splits = [\"train\", \"test\"]\n"
      "#   images = [\"train_images\", \"test_images\"]  # one for each trial, in name "
      "order\n"
      "#   bin_start_ms = 0\n#   bin_stop_ms = 4000\n\n");
}

ImportReport TableImporter::import(const ImportJob& job) {
  if (job.paths.size() != 1) throw Error("import table", "takes one file, a TOML file");
  TableOptions options;
  const auto config = Config::read(job.paths[0]);
  config.apply(options.options());
  check_options(options.options(), config.source());
  ImportReport report;
  report.fields_hint = "are they in degrees or pixels? Say so in sensors.unit";
  const Context context{options, job.paths[0].parent_path(), config.source(), report};

  RecordingInfo info;
  ResponseFiles responses = open_responses(context);
  const auto stimuli = table_import::read_stimuli(context, info);
  info.degrees_per_stimulus = options.degrees_per_stimulus;
  info.frames_per_second = options.frames_per_second;
  read_fixation(context, info);
  info.bins = bins_of(context, responses.bins());
  table_import::read_trials(context, responses, info);
  info.sensors = table_import::read_sensors(context, responses, info);
  if (options.nan == "drop") drop_gaps(responses, info.sensors, context.where, report);
  if (stimuli.arrays) {
    const auto& notes = stimuli.arrays->notes();
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  info.provenance = with_report(job.provenance, report);
  if (info.provenance.is_object()) info.provenance["table"] = to_json(options.options());

  RecordingWriter writer(job.out, info, job.force);
  stimuli.files ? stimuli.files->append_to(writer) : stimuli.arrays->append_to(writer);
  responses.append_to(writer);
  writer.finish();
  return report;
}

}  // namespace afterimage
