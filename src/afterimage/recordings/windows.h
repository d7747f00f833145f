#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Time windows in milliseconds from stimulus onset, per ROI; each response of the result is the
/// mean over one window. Every ROI has equally many.
class Windows {
 public:
  /// `text` is a name or a list:
  ///     all       every bin is kept
  ///     single    133 ms at each ROI's latency: V1 0-133, V4 33-166, IT 66-199 (MonkeySee)
  ///     five      five of 27 ms, 26 ms apart, from V1 0, V4 33, IT 66 (MonkeySee spatiotemporal)
  ///     authors   V1 25-125, V4 50-150, IT 75-175 (Papale et al. 2025)
  ///     25-125    the same for all ROIs; several: 0-50|50-100
  ///     V1:0-133,V4:33-166    one entry per ROI
  /// Errors name `where`.
  static Windows parse(const std::string& text, const std::string& where);

  bool all() const { return windows_.empty(); }
  /// The windows of a ROI; an Error when there are none for it.
  const std::vector<Bin>& of(const std::string& roi, const std::string& where) const;

 private:
  std::map<std::string, std::vector<Bin>> windows_;  // "" = every ROI
};

/// Windows laid over the bins of a recording: averages bins (weighted by how much of each lies in
/// the window) per sensor.
class Binning {
 public:
  /// Errors: a window that reaches outside the recorded time, windows for ROIs that are missing.
  Binning(const Windows& windows, const std::vector<Bin>& bins, const Sensors& sensors,
          const std::string& where);
  /// Only what the windows are, for responses that are their means already.
  Binning(const Windows& windows, const Sensors& sensors, const std::string& where);

  /// The new bins. Where ROIs have different windows, each spans those of all ROIs;
  /// `window_ms` has each sensor's own, as the simulator stores it in /truth/window_ms.
  const std::vector<Bin>& bins() const { return bins_; }
  bool same_for_all() const { return same_for_all_; }
  at::Tensor window_ms() const { return window_ms_; }  ///< (sensor, bin, 2) float64

  /// Rows of the old bins of which a window has a part.
  std::vector<int64_t> bins_used() const;
  /// From now on `apply` is given these old bins alone; the others must not be used.
  void narrow_to(const std::vector<int64_t>& old_bins);

  /// (n, sensor, old bin) float32 -> (n, sensor, new bin).
  at::Tensor apply(const at::Tensor& responses) const;
  /// Weights (old bin, new bin) float32 of each group of sensors with the same windows.
  struct Group {
    std::vector<int64_t> sensors;
    at::Tensor weights;
  };
  const std::vector<Group>& groups() const { return groups_; }

 private:
  void lay_out(const Windows& windows, const Sensors& sensors, const std::string& where);

  std::vector<Bin> bins_;
  std::vector<Group> groups_;
  at::Tensor window_ms_;
  bool same_for_all_ = true;
};

/// A window written "0-80" (milliseconds from onset; the start may be negative: "-100-0"). Errors
/// name `where` and end with `right`.
Bin parse_window(const std::string& text, const std::string& where, const std::string& right);

/// The mean weight of each bin in a window: (bin) float32, summing to 1. An Error when the window
/// is not covered by the bins.
at::Tensor window_weights(const std::vector<Bin>& bins, const Bin& window,
                          const std::string& where);

}  // namespace afterimage
