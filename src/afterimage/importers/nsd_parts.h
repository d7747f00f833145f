#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "afterimage/importers/response_files.h"
#include "afterimage/recordings/captions.h"
#include "afterimage/recordings/recording.h"

/// What the files of the NSD importer share; nobody else includes this.
namespace afterimage::nsd {

constexpr int64_t trials_per_session = 750;
constexpr double degrees = 8.4;  ///< width of the images on the screen

/// The name of an image, its row of nsd_stimuli.hdf5: "nsd-00001" for 1.
std::string stimulus_name(int64_t image);

/// What people wrote of the images: of tables (stimulus,caption) in our names, and of COCO's own
/// annotations (.json: images by COCO's number, which `stimulus_table`, NSD's
/// nsd_stim_info_merged.csv, translates). Errors: missing or damaged files, none in one of them.
Captions read_captions(const std::vector<std::filesystem::path>& files,
                       const std::filesystem::path& stimulus_table);

/// The name of a label of an ROI volume: V1v of prf-visualrois, VO1 of Kastner2015, "streams-5" of
/// others.
std::string label_name(const std::string& volume, int64_t label);
/// The area that a part belongs to: V1 of V1v and V1d, VO of VO1 and VO2, V3ab of V3a and V3b; the
/// part itself where it is none (hV4, MT). These are MindDiffuser's areas.
std::string area_of(const std::string& part);

/// What was shown in each trial of one subject.
struct Design {
  std::vector<int64_t> image;  ///< row of nsd_stimuli.hdf5, counted from 0
  std::vector<bool> shared;    ///< one of the images every subject saw
};

/// The first `trials` trials of subject 1 to 8. Errors: variables of other shapes, numbers that
/// are not counted from 1, an image of the subject at two places.
Design read_design(const std::filesystem::path& file, int64_t subject, int64_t trials);

/// The voxels that `responses` keeps, named after the first of the volumes `rois` (of folder/roi)
/// that has a label there (with `merge` after its area), with population receptive fields from
/// folder/prf_*.nii.gz (unmapped where those explain less than `field_r2` percent).
Sensors read_voxels(const std::filesystem::path& folder, const std::vector<std::string>& rois,
                    bool merge, double field_r2, const ResponseFiles& responses);

}  // namespace afterimage::nsd
