#include "afterimage/importers/doctor_who.h"

#include <ATen/Functions.h>

#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/importers/doctor_who_parts.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/preparation/retina.h"

namespace afterimage {
namespace {

using namespace doctor_who;

RecordingInfo describe(const std::vector<Run>& runs, const Voxels& voxels,
                       const DoctorWhoOptions& options) {
  RecordingInfo info;
  info.sensors = voxels.sensors;
  info.height = info.width = options.image_size;
  info.frames_per_second = 1 / options.tr;
  info.fixation_x = info.fixation_y = 0.5;  // the middle of the screen
  for (int64_t v = 0; v < options.volumes; ++v) {
    const double start = static_cast<double>(options.delay + v) * options.tr * 1000;
    info.bins.push_back({start, start + options.tr * 1000});
  }
  for (size_t r = 0; r < runs.size(); ++r) {
    const std::string source = concat(runs[r].split, "-run-", runs[r].number);
    std::vector<std::string> names;
    for (int64_t t = 0; t < runs[r].trials; ++t) names.push_back(concat(source, "-", t));
    add_shown_once(info, runs[r].split, static_cast<int64_t>(r), names);
    std::fill(info.stimulus_source.end() - runs[r].trials, info.stimulus_source.end(), source);
  }
  return info;
}

void write_films(const std::vector<Run>& runs, const DoctorWhoOptions& options,
                 const RunContext& context, RecordingWriter& writer) {
  std::unique_ptr<RetinaWarp> retina;
  if (options.retina == "warp") {
    retina =
        std::make_unique<RetinaWarp>(options.image_size, options.image_size, options.density_ratio);
  }
  Progress progress(context, "films", static_cast<int64_t>(runs.size()), "run");
  for (const auto& run : runs) {
    read_film(run, 1 / options.tr, [&](const at::Tensor& frame) {
      context.stop_if_cancelled("stopped; nothing was written");
      // The whole frame is squeezed into the square, as Brain2Pix did: fields are in its units.
      const at::Tensor small =
          resize_image(frame, options.image_size, options.image_size).unsqueeze(0);
      writer.append_images(retina ? retina->warp(small) : small);
    });
    progress.advance();
  }
}

}  // namespace

Options DoctorWhoOptions::options() {
  return {
      Option("train_videos", train_videos,
             "folder of the training runs' films (video files, or frames at the TR as .npy)"),
      Option("test_videos", test_videos, "folder of the test runs' films"),
      Option("tr", tr, "time from one volume to the next").range(0.01, 100).unit("s"),
      Option("delay", delay, "volumes from a frame to its first response").range(0, 100),
      Option("volumes", volumes, "volumes of a response").range(1, 100),
      Option("image_size", image_size, "side of the frames").range(8, 4096).unit("pixels"),
      Option("retina", retina,
             "fish-eye warp of the frames; the receptive fields were measured on warped ones")
          .one_of({"none", "warp"}),
      Option("density_ratio", density_ratio, "of the warp: density in the middle over the edge")
          .range(1.01, 1000),
  };
}

ImportReport DoctorWhoImporter::import(const ImportJob& job) {
  if (job.paths.size() != 1 || !std::filesystem::is_directory(job.paths[0])) {
    throw Error("import doctor-who", "takes one folder",
                "It holds training_brain_signals, testing_brain_signals and roimask.mat");
  }
  const Voxels voxels = read_voxels(job.paths[0]);
  const auto runs = find_runs(job.paths[0], options_);
  ImportReport report;
  int64_t volumes = 0, trials = 0;
  for (const auto& run : runs) {
    volumes += run.volumes;
    trials += run.trials;
    if (std::abs(run.volumes - run.frames) > 20 + run.volumes / 10) {
      report.notes.push_back(concat(run.split, " run ", run.number, ": ", run.volumes,
                                    " volumes, but a film of ", run.frames, " frames"));
    }
  }
  report.note_dropped("trials", volumes - trials,
                      "volumes without a frame, or without enough volumes after them");
  for (const auto& films : {options_.train_videos, options_.test_videos}) {
    report.inputs.push_back({job.paths[0] / films});
  }
  RecordingInfo info = describe(runs, voxels, options_);
  info.provenance = with_report(job.provenance, report);
  RecordingWriter writer(job.out, info, job.force);
  write_films(runs, options_, job.run, writer);
  for (const auto& run : runs) {
    job.run.stop_if_cancelled("stopped; nothing was written");
    read_responses(run, voxels, options_,
                   [&](const at::Tensor& values) { writer.append_responses(values); });
  }
  writer.finish();
  return report;
}

}  // namespace afterimage
