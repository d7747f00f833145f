#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/importers/importer.h"
#include "afterimage/recordings/recording.h"

/// What importers share.
namespace afterimage {

/// Sensors of which nothing is known: "voxel-1", "voxel-2", ...
Sensors plain_sensors(int64_t count, const std::string& prefix);

/// The option image_size of importers whose images may have any size.
Option image_size_option(int64_t& size);

/// The size of ImageFiles, ImageArrays and the like as that of a recording's stimuli.
template <typename Images, typename Target>
void set_size(const Images& images, Target& target) {
  target.height = images.height();
  target.width = images.width();
  target.channels = images.channels();
}

/// Voxels named by their place in the volume, C order, as numpy's flatnonzero of the mask gives it.
Sensors voxels_at(const at::Tensor& places);

/// Rows counted from `from` to rows counted from 0. Errors: rows that are not there; where all fit
/// when counted from the other end of the fence (0 or 1), the message says so.
std::vector<int64_t> rows_from(const std::vector<int64_t>& numbers, int64_t from, int64_t count,
                               const std::string& where, const std::string& things);

/// "train-1", "train-2", ...
std::vector<std::string> names_from_1(const std::string& word, int64_t count);

/// Adds new stimuli of these names, their sources the same, each shown in one trial, in this order.
void add_shown_once(RecordingInfo& info, const std::string& split, int64_t block,
                    const std::vector<std::string>& names);

/// Receptive fields in `unit` to stimulus coordinates: "stimulus" (they are), "degrees" (from the
/// middle of the stimulus, y up; it is `degrees` wide) or "pixels" (from the upper left, y down; it
/// is `pixels` wide). Errors, at `where`: the width is not known.
void fields_to_stimulus(Sensors& sensors, const std::string& unit, double degrees, double pixels,
                        const std::string& where);

/// Refuses to take all of `stimuli` images, or more, for the test (--test-stimuli); of none the
/// report says that all trials are for training.
void require_fewer_than_all(int64_t test, int64_t stimuli, ImportReport& report);

/// Of trials that showed these of `stimuli` stimuli the splits: the last `test` stimuli are "test",
/// the others "train".
std::vector<std::string> split_by_stimulus(const std::vector<int64_t>& stimulus, int64_t stimuli,
                                           int64_t test);

/// "found (3, 4), expected (stimulus, 425, 425, 3): WHAT" as an Error unless the shape fits; -1 is
/// any size, called by the name of its axis.
void require_shape(const std::vector<int64_t>& found, const std::vector<int64_t>& expected,
                   const std::string& where, const std::string& what,
                   const std::vector<std::string>& axes = {});

/// Numbers of a tensor of any shape, in C order.
std::vector<int64_t> integers_of(const at::Tensor& values);
std::vector<double> doubles_of(const at::Tensor& values);

}  // namespace afterimage
