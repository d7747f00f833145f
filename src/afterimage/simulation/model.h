#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace afterimage::simulator {

/// How much of a sensor's signal variance each kind of feature makes up, before the features'
/// correlations with each other; only the ratios matter.
struct Shares {
  double luminance = 0;    ///< mean luminance, on or off
  double colour = 0;       ///< a direction in the plane of the two opponent axes
  double contrast = 0;     ///< local contrast energy, any orientation
  double orientation = 0;  ///< energy around one orientation at one scale
  double shape = 0;        ///< middle layer of SqueezeNet
  double object = 0;       ///< late layer of SqueezeNet
};

/// How activity follows the stimulus in time.
struct TimeCourse {
  bool haemodynamic = false;  ///< double-gamma response instead of a transient
  double latency_ms = 0;      ///< mean over sensors; onset of the response
  double latency_sd_ms = 0;   ///< over sensors
  double rise_ms = 0;         ///< time constant of the rise
  double decay_ms = 0;        ///< time constant from the transient to the sustained level
  double sustained = 0;       ///< sustained level over the transient's
};

/// A time window relative to stimulus onset.
struct Window {
  double start_ms = 0, stop_ms = 0;
};

/// One visual area.
struct RoiModel {
  std::string name;
  int64_t arrays = 0;       ///< electrode arrays; 0 = voxels, which have none
  int64_t sensors = 0;      ///< per array, or of the whole area where there are no arrays
  double size_degrees = 0;  ///< receptive field SD at the fovea
  double size_slope = 0;    ///< ... and its growth per degree of eccentricity
  Shares shares;
  TimeCourse time;
  Window window;  ///< the one window of bins = "window"

  int64_t count() const { return sensors * (arrays > 0 ? arrays : 1); }
};

/// A brain and the way it is measured.
struct BrainModel {
  std::string name;
  double degrees_per_stimulus = 0;
  double fovea_degrees = 0;  ///< `a` of w = log(z + a), Schwartz 1980
  std::vector<RoiModel> rois;
  std::vector<Window> five;  ///< the windows of bins = "five", the same for all areas
  Window before;             ///< the window of the bin before stimulus onset
};

/// The model called "tvsd" (three areas of a macaque, 15 arrays of 64 electrodes) or "brain2pix"
/// (voxels of human V1, V2, V3), with `scale` times its sensors (at least one per array).
BrainModel brain_model(const std::string& preset, double scale);

}  // namespace afterimage::simulator
