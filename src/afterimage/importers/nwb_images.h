#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/array_file.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/importers/image_values.h"
#include "afterimage/recordings/recording.h"

namespace afterimage::nwb {

/// Images of an Images container of an NWB file, each a dataset (y, x[, RGB or RGBA]): those of
/// these names, as the stimuli of a recording.
class ContainerImages {
 public:
  /// `axes` is "y,x" or "x,y", the order of the datasets' indices; `size` > 0: the largest centred
  /// square of each, resized to that side. Errors: values or shapes that are no image's.
  ContainerImages(const hdf5::File& file, const std::string& group,
                  const std::vector<std::string>& names, std::string axes, int64_t size);

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  int64_t channels() const { return channels_; }  ///< 1 when every image is gray, else 3
  /// What was found out about their range.
  const std::vector<std::string>& notes() const { return values_.notes(); }
  /// Errors: an image of another size.
  void append_to(RecordingWriter& writer) const;

 private:
  at::Tensor own(size_t image) const;
  at::Tensor read(size_t image) const;

  std::vector<std::unique_ptr<ArrayFile>> arrays_;
  std::string axes_;
  ImageValues values_;
  int64_t size_, height_, width_, channels_ = 1;
};

}  // namespace afterimage::nwb
