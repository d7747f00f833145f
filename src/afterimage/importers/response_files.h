#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/array_file.h"
#include "afterimage/recordings/import_report.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Responses in one or more array files, one after the other along the trials. Where the trial is
/// the first index they are read a few at a time, however large the file.
class ResponseFiles {
 public:
  /// `axes` names the indices of every file: "trial", "sensor" and "bin", or "x", "y", "z" in the
  /// place of "sensor" (a volume). Empty: (trial, sensor[, bin]), or (trial, x, y, z) of four.
  /// Errors: axes that do not fit, files of different sensors or bins.
  ResponseFiles(std::vector<std::unique_ptr<ArrayFile>> files, std::vector<std::string> axes);

  /// Keeps the places where `mask` (the shape of a file without trials and bins) is true, in C
  /// order.
  void select(const at::Tensor& mask, const std::string& where);
  /// Keeps these of the sensors left.
  void select(const std::vector<int64_t>& sensors);

  /// Multiplies what is read.
  void set_scale(double scale) { scale_ = scale; }

  int64_t trials() const { return first_trial_.back(); }
  int64_t sensors() const { return kept_.size(0); }
  int64_t bins() const { return bins_; }
  /// Trials of each file.
  std::vector<int64_t> trials_by_file() const;
  /// Sizes of the axes that make a sensor: (sensor), or (x, y, z).
  const std::vector<int64_t>& sensor_shape() const { return sensor_shape_; }
  /// For each sensor its place in `sensor_shape`, in C order.
  const at::Tensor& kept() const { return kept_; }

  /// (n, sensor, bin) float32 of trials [first, first + n).
  at::Tensor rows(int64_t first, int64_t count) const;
  /// Trials to read at once.
  int64_t batch() const;
  /// Sensors that are finite in every trial and bin; reads everything once.
  std::vector<int64_t> finite_sensors() const;
  /// All of it as the next trials of a recording.
  void append_to(RecordingWriter& writer) const;

 private:
  at::Tensor rows_of(size_t file, int64_t first, int64_t count) const;

  std::vector<std::unique_ptr<ArrayFile>> files_;
  std::vector<std::string> axes_;
  std::vector<int64_t> first_trial_ = {0};  ///< of each file, and the number of all
  std::vector<int64_t> sensor_shape_;
  int64_t bins_ = 1;
  double scale_ = 1;
  at::Tensor kept_;
};

/// Leaves out, and counts, the sensors that are NaN or infinite in some trial; reads everything
/// once. Errors, at `where`: none is left.
/// `things` and `reason` are the report's words.
void drop_gaps(ResponseFiles& responses, Sensors& sensors, const std::string& where,
               ImportReport& report, const std::string& things = "sensors",
               const std::string& reason = "NaN or infinite in some trial");

}  // namespace afterimage
