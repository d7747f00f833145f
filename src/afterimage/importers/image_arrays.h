#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/array_file.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Images in one or more array files, one after the other, as the stimuli of a recording: whole
/// numbers from 0 to 255, or fractions from 0 to 1.
class ImageArrays {
 public:
  /// `axes` names the indices: "stimulus", "y", "x" and, of colour images, "channel". Empty:
  /// (stimulus, y, x[, channel]). `size` > 0: the largest centred square, resized to that side.
  /// Errors: axes that do not fit, files of different sizes, values outside 0 to 255.
  ImageArrays(std::vector<std::unique_ptr<ArrayFile>> files, std::vector<std::string> axes,
              int64_t size);

  int64_t count() const;
  int64_t height() const { return size_ > 0 ? size_ : height_; }
  int64_t width() const { return size_ > 0 ? size_ : width_; }
  int64_t channels() const { return channels_; }

  /// (n, channel, y, x) uint8 of the images [first, first + n) of one file.
  at::Tensor read(size_t file, int64_t first, int64_t count) const;
  /// These images (numbers over all files) as the next stimuli of a recording.
  void append_to(RecordingWriter& writer, const std::vector<int64_t>& rows) const;
  void append_to(RecordingWriter& writer) const;

 private:
  int64_t batch() const;
  at::Tensor raw(size_t file, int64_t first, int64_t count, at::ScalarType type) const;
  bool holds_fractions(size_t file) const;

  std::vector<std::unique_ptr<ArrayFile>> files_;
  std::vector<int64_t> order_;  ///< axes of stimulus, channel, y, x; -1: no channels
  std::vector<int64_t> counts_;
  std::vector<bool> fractions_;
  int64_t size_, height_ = 0, width_ = 0, channels_ = 1;
};

}  // namespace afterimage
