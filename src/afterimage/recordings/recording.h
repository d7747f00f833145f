#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace afterimage {

namespace hdf5 {
class File;
}

/// The sensors (electrodes or voxels) of a recording, one entry of each list per sensor. Positions
/// are stimulus coordinates (x right, y down, 0..1 over the stimulus square); NaN = unmapped or
/// unknown.
struct Sensors {
  std::vector<std::string> name;
  std::vector<std::string> roi;
  std::vector<int64_t> array;       ///< electrode array, 0-based; -1 where there is none
  std::vector<double> x, y;         ///< receptive field centre
  std::vector<double> size;         ///< receptive field size: standard deviation, stimulus widths
  std::vector<double> reliability;  ///< split-half or single-trial, NaN = not measured
  /// What else was measured of each sensor, by name ("noise_ceiling", "snr", "field_r2"); NaN =
  /// not measured.
  std::map<std::string, std::vector<double>> measures = {};

  int64_t count() const { return static_cast<int64_t>(name.size()); }
  /// A centre that is a number: inside or outside the stimulus.
  bool mapped(int64_t sensor) const;
  /// ROI names in the order they are shown (areas.h): V1 before V4 before IT.
  std::vector<std::string> rois() const;
  /// Which sensors lie in these ROIs: (sensor) bool. Errors, at `where`: no such ROI (names those
  /// there are).
  at::Tensor in_rois(const std::vector<std::string>& wanted, const std::string& where) const;
  /// The sensors of these rows, in their order.
  Sensors select(const std::vector<int64_t>& rows) const;
};

/// The trials, one entry of each list per trial.
struct Trials {
  std::vector<int64_t> stimulus;   ///< row of the stimuli
  std::vector<int64_t> repeat;     ///< 0 for the first showing of this stimulus, 1, ...
  std::vector<int64_t> block;      ///< run, session or day; 0-based
  std::vector<std::string> split;  ///< "train", "test" or another name; "" = not used

  int64_t count() const { return static_cast<int64_t>(stimulus.size()); }
};

/// For each trial how often its stimulus was shown before: 0, 1, ... in the order given.
std::vector<int64_t> count_repeats(const std::vector<int64_t>& stimulus);

/// One response sample in time: [start, stop) in milliseconds from stimulus onset.
struct Bin {
  double start_ms = 0;
  double stop_ms = 0;
};

/// All of a recording but its images and responses, which may be larger than memory.
struct RecordingInfo {
  Sensors sensors;
  Trials trials;
  std::vector<Bin> bins;
  std::vector<std::string> stimulus_name;    ///< one per stimulus, unique
  std::vector<std::string> stimulus_source;  ///< what it was cut from; equal for crops of one photo
  std::vector<std::string> stimulus_category = {};  ///< what it shows ("dog"); none = no list
  /// What people wrote of it, any number of texts each; none = no list.
  std::vector<std::vector<std::string>> stimulus_caption = {};
  int64_t height = 0, width = 0;    ///< of the stimuli, pixels
  int64_t channels = 3;             ///< stored: 3 (RGB) or 1 (gray)
  double frames_per_second = 0;     ///< > 0: the stimuli are the frames of a video
  double degrees_per_stimulus = 0;  ///< visual angle of the stimulus width; 0 = unknown
  /// The point of fixation in stimulus coordinates, which may lie off the stimulus; NaN = unknown.
  double fixation_x = std::numeric_limits<double>::quiet_NaN();
  double fixation_y = std::numeric_limits<double>::quiet_NaN();
  nlohmann::json provenance;

  int64_t stimuli() const { return static_cast<int64_t>(stimulus_name.size()); }
  bool fixation_known() const;
  /// Distance of a point from fixation, or from the middle of the stimulus where fixation is
  /// unknown; stimulus widths.
  double eccentricity(double x, double y) const;
  /// From what eccentricity is measured, in words: "fixation", "the middle of the stimulus".
  const char* eccentricity_from() const;
  /// Trials of a split in file order; an Error listing the splits there are when it is empty.
  std::vector<int64_t> trials_of(const std::string& split, const std::string& where) const;
  std::vector<std::string> splits() const;
  /// Lists of equal length, indices in range, names unique; `where` names the file.
  void check(const std::string& where) const;
};

/// A recording on disk (HDF5, layout: docs/recording.md). Opening reads the tables; images and
/// responses are read on demand. Errors: not HDF5, not a recording, a newer version, unfinished,
/// missing or misshaped parts.
class Recording {
 public:
  explicit Recording(const std::filesystem::path& path);
  ~Recording();
  Recording(Recording&&) noexcept;

  const std::filesystem::path& path() const;
  const RecordingInfo& info() const;
  int64_t sensors() const { return info().sensors.count(); }
  int64_t bins() const { return static_cast<int64_t>(info().bins.size()); }

  /// (n, sensor, bin) float32 of the trials: of these rows of bins alone, in their order; none
  /// named: all. Others are not read into memory. Errors: NaN or infinite values (trial and sensor
  /// named).
  at::Tensor responses(const std::vector<int64_t>& trials,
                       const std::vector<int64_t>& bins = {}) const;
  /// The same, whatever they are: for who looks for what is wrong.
  at::Tensor stored_responses(const std::vector<int64_t>& trials,
                              const std::vector<int64_t>& bins = {}) const;
  /// (n, 3, H, W) uint8 of the stimuli; gray is repeated.
  at::Tensor images(const std::vector<int64_t>& stimuli) const;

  /// What the simulator knows and nobody else ("/truth/<name>"), float64. An Error when it is
  /// missing.
  at::Tensor truth(const std::string& name) const;
  bool has_truth(const std::string& name) const;
  /// Names of all there is of it.
  std::vector<std::string> truths() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes a recording piece by piece; the file is whole, and there, only after `finish`.
class RecordingWriter {
 public:
  RecordingWriter(const std::filesystem::path& path, RecordingInfo info, bool force);
  ~RecordingWriter();

  /// (n, C, H, W) uint8, the next stimuli in order.
  void append_images(const at::Tensor& images);
  /// (n, sensor, bin) float32, the next trials in order.
  void append_responses(const at::Tensor& responses);
  /// An extra array, for example the simulator's truth: "/truth/<name>".
  void add_truth(const std::string& name, const at::Tensor& values);
  /// All images, or all truth, of another recording, in batches.
  void copy_images(const Recording& from);
  void copy_truth(const Recording& from);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The same images, responses and truth under other tables (receptive fields, splits). `info` must
/// have as many stimuli, trials, sensors and bins, and images of the same size.
void copy_recording(const Recording& from, const RecordingInfo& info,
                    const std::filesystem::path& path, bool force);

}  // namespace afterimage
