#include "afterimage/importers/nsd.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/nifti.h"
#include "afterimage/importers/image_arrays.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nsd_parts.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// "subj01", "session01".
std::string numbered(const char* word, int64_t number) {
  return concat(word, number < 10 ? "0" : "", number);
}

/// The betas of sessions 1, 2, ... as far as there are any, or of the number asked for.
std::vector<fs::path> session_files(const fs::path& folder, int64_t wanted) {
  if (!fs::is_directory(folder)) {
    throw Error(
        folder, "no such folder",
        "Name the folder that holds nsddata, nsddata_betas and nsddata_stimuli; --betas and "
        "--space say which betas");
  }
  std::vector<fs::path> files;
  for (int64_t session = 1; wanted == 0 || session <= wanted; ++session) {
    const fs::path base = folder / ("betas_" + numbered("session", session));
    const fs::path nifti = base.string() + ".nii.gz", hdf5 = base.string() + ".hdf5";
    if (!fs::exists(nifti) && !fs::exists(hdf5)) {
      if (wanted == 0 && session > 1) return files;
      throw Error(folder,
                  "has no " + nifti.filename().string() + " and no " + hdf5.filename().string());
    }
    files.push_back(fs::exists(hdf5) ? hdf5 : nifti);
  }
  return files;
}

/// Betas of all sessions; HDF5 files were written by MATLAB, so that their indices are reversed.
ResponseFiles open_betas(const std::vector<fs::path>& files) {
  std::vector<std::unique_ptr<ArrayFile>> arrays;
  for (const auto& file : files) {
    const bool hdf5 = file.extension() == ".hdf5";
    auto array = open_array(file.filename().string() + (hdf5 ? ":betas" : ""), file.parent_path());
    if (hdf5) array = permuted(std::move(array), {0, 3, 2, 1});  // (t, z, y, x) -> (t, x, y, z)
    require_shape(array->shape(), {nsd::trials_per_session, -1, -1, -1}, array->where(),
                  "the volumes of 750 trials", {"trial", "x", "y", "z"});
    if (!array->integers()) {
      throw Error(array->where(), "holds fractions", "NSD's betas are int16, 300 times the signal");
    }
    arrays.push_back(std::move(array));
  }
  ResponseFiles betas(std::move(arrays), {});
  betas.set_scale(1.0 / 300);
  return betas;
}

/// Stimuli and trials; gives the row of nsd_stimuli.hdf5 of each stimulus.
std::vector<int64_t> describe_trials(const nsd::Design& design, const std::string& test,
                                     RecordingInfo& info) {
  std::map<int64_t, int64_t> shown;  // image -> times, then stimulus
  for (const int64_t image : design.image) ++shown[image];
  const auto times = shown;
  std::vector<int64_t> images;
  for (auto& [image, row] : shown) {
    row = static_cast<int64_t>(images.size());
    images.push_back(image);
    info.stimulus_name.push_back(nsd::stimulus_name(image));
  }
  info.stimulus_source = info.stimulus_name;
  for (size_t t = 0; t < design.image.size(); ++t) {
    const bool whole = test == "shared" || times.at(design.image[t]) >= 3;
    info.trials.stimulus.push_back(shown[design.image[t]]);
    info.trials.block.push_back(static_cast<int64_t>(t) / nsd::trials_per_session);
    info.trials.split.push_back(!design.shared[t] ? "train" : whole ? "test" : "");
  }
  info.trials.repeat = count_repeats(info.trials.stimulus);
  return images;
}

void check_images(const std::vector<int64_t>& images, int64_t count, const fs::path& file) {
  if (images.front() >= 0 && images.back() < count) return;
  throw Error(file,
              concat("has ", count, " images, nsd_expdesign.mat names ", images.front() + 1, " to ",
                     images.back() + 1),
              "The file is incomplete, or of another data set");
}

void add_captions(const std::vector<std::string>& files, const fs::path& stimulus_table,
                  RecordingInfo& info, ImportReport& report) {
  if (files.empty()) return;
  for (const auto& file : files) report.inputs.push_back({file});
  info.stimulus_caption = nsd::read_captions({files.begin(), files.end()}, stimulus_table)
                              .of_stimuli(info, join(files, ", "));
  const auto none = std::count_if(info.stimulus_caption.begin(), info.stimulus_caption.end(),
                                  [](const auto& those) { return those.empty(); });
  if (none > 0) report.notes.push_back(concat(none, " images have no caption"));
}

}  // namespace

Options NsdImporter::options() {
  return {
      Option("subject", subject_, "subject").range(1, 8),
      Option("sessions", sessions_, "sessions to read, the first so many; 0 = all there are")
          .range(0, 40),
      Option("space", space_, "folder of the volumes: func1pt8mm or func1mm"),
      Option("betas", betas_, "folder of the betas"),
      Option("mask", mask_, "ROI volume whose voxels (above 0) are kept"),
      Option("rois", rois_, "ROI volumes that name the voxels, the first that has a label wins"),
      Option("merge_rois", merge_rois_, "name whole areas: V1 of V1v and V1d, VO of VO1 and VO2"),
      Option("field_r2", field_r2_, "least variance that a receptive field must explain")
          .unit("percent")
          .range(-1000, 100),
      Option("captions", captions_,
             "captions of the images: COCO's annotations (.json), or tables (stimulus,caption)"),
      Option("image_size", image_size_, "side of the stimuli; 0 = 425")
          .unit("pixels")
          .range(0, 425),
      Option("test", test_, "test images: all shared ones, or those shown three times")
          .one_of({"shared", "thrice"}),
  };
}

ImportReport NsdImporter::import(const ImportJob& job) {
  if (job.paths.size() != 1 || !fs::is_directory(job.paths[0])) {
    throw Error("import nsd",
                "takes one folder, which holds nsddata, nsddata_betas, nsddata_stimuli");
  }
  const fs::path& root = job.paths[0];
  const std::string subject = numbered("subj", subject_);
  const fs::path volumes = root / "nsddata/ppdata" / subject / space_;
  ResponseFiles betas = open_betas(
      session_files(root / "nsddata_betas/ppdata" / subject / space_ / betas_, sessions_));
  const fs::path mask = volumes / "roi" / (mask_ + ".nii.gz");
  betas.select(NiftiFile(mask).read_volume().gt(0), mask.string());

  RecordingInfo info;
  const auto design = nsd::read_design(root / "nsddata/experiments/nsd/nsd_expdesign.mat", subject_,
                                       betas.trials());
  const auto images = describe_trials(design, test_, info);
  const fs::path stimuli = root / "nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5";
  std::vector<std::unique_ptr<ArrayFile>> brick;
  brick.push_back(open_array(stimuli.filename().string() + ":imgBrick", stimuli.parent_path()));
  const ImageArrays pictures(std::move(brick), {.size = image_size_});
  check_images(images, pictures.count(), stimuli);
  info.height = pictures.height();
  info.width = pictures.width();
  info.channels = pictures.channels();
  info.degrees_per_stimulus = nsd::degrees;
  info.fixation_x = info.fixation_y = 0.5;  // a dot in the middle of each image
  info.bins = {{0, 4000}};                  // a trial lasts 4 s
  info.sensors = nsd::read_voxels(volumes, rois_, merge_rois_, field_r2_, betas);

  ImportReport report;
  report.notes = pictures.notes();
  add_captions(captions_, root / "nsddata/experiments/nsd/nsd_stim_info_merged.csv", info, report);
  const int64_t outside = c10::multiply_integers(betas.sensor_shape()) - betas.sensors();
  report.note_dropped("voxels", outside, "outside " + mask_);
  report.note_dropped("trials of training and test",
                      std::count(info.trials.split.begin(), info.trials.split.end(), ""),
                      "shared images shown fewer than three times; they are in no split");
  info.provenance = with_report(job.provenance, report);
  RecordingWriter writer(job.out, info, job.force);
  pictures.append_to(writer, images);
  betas.append_to(writer);
  writer.finish();
  return report;
}

}  // namespace afterimage
