#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/array_file.h"
#include "afterimage/importers/image_values.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// How arrays hold images.
struct ImageLayout {
  /// Names of the indices: "stimulus", "y", "x" and, of colour images, "channel". An index that
  /// runs through several, the last fastest, is "y*x" (NumPy's order), "x*y" (MATLAB's) or
  /// "channel*y*x" and so on. Empty: (stimulus, y, x[, channel]).
  std::vector<std::string> axes = {};
  /// Height and width, where an index runs through both; empty: the images are square.
  std::vector<int64_t> shape = {};
  /// > 0: the largest centred square, resized to that side.
  int64_t size = 0;
};

/// Images in one or more array files, one after the other, as the stimuli of a recording: whole
/// numbers from 0 to 255, or fractions from 0 to 1 (ImageValues).
class ImageArrays {
 public:
  /// Errors: axes that do not fit, files of different sizes, values that are no image's.
  ImageArrays(std::vector<std::unique_ptr<ArrayFile>> files, ImageLayout layout);

  int64_t count() const;
  int64_t height() const { return layout_.size > 0 ? layout_.size : height_; }
  int64_t width() const { return layout_.size > 0 ? layout_.size : width_; }
  int64_t channels() const { return channels_; }
  /// What was found out about their range.
  const std::vector<std::string>& notes() const { return values_.notes(); }

  /// (n, channel, y, x) uint8 of the images [first, first + n) of one file.
  at::Tensor read(size_t file, int64_t first, int64_t count) const;
  /// These images (numbers over all files) as the next stimuli of a recording.
  void append_to(RecordingWriter& writer, const std::vector<int64_t>& rows) const;
  void append_to(RecordingWriter& writer) const;

 private:
  void open_axes();
  int64_t batch() const;
  at::Tensor raw(size_t file, int64_t first, int64_t count, at::ScalarType type) const;
  void find_range(size_t file);

  std::vector<std::unique_ptr<ArrayFile>> files_;
  ImageLayout layout_;
  ImageValues values_;
  int64_t stimulus_ = 0;         ///< the files' index of the stimulus
  std::vector<int64_t> open_;    ///< sizes with each index opened; -1: the stimuli
  std::vector<int64_t> order_;   ///< where in them stimulus, channel, y, x are; -1: no channels
  std::vector<int64_t> counts_;  ///< stimuli of each file
  int64_t height_ = 0, width_ = 0, channels_ = 1;
};

}  // namespace afterimage
