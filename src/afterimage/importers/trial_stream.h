#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/recordings/windows.h"

namespace afterimage {

/// Reads windows out of an HDF5 dataset (time, trial, channel) that is far larger than memory. It
/// goes through the dataset once, in boxes that follow its chunks, and keeps the means over the
/// windows in a file beside the output. A stream that was stopped or killed goes on where it was
/// when the same is asked for again of a file of the same content; what was kept is removed by
/// `finish`, or when something is wrong.
class TrialStream {
 public:
  struct Request {
    std::filesystem::path file;
    std::string dataset;
    std::vector<int64_t> channels;        ///< of the dataset, in the order wanted
    std::vector<Binning::Group> windows;  ///< over `channels`; none: all times are kept
    std::filesystem::path out;            ///< the kept values lie beside it
    int64_t memory = int64_t{128} << 20;  ///< bytes of a box, but at least one chunk
    RunContext run = RunContext();
  };
  /// Errors: not (time, trial, channel), channels that are not there, values that are not finite,
  /// chunks that span too much to be read in pieces, another import at work on the same output.
  explicit TrialStream(Request request);
  ~TrialStream();
  TrialStream(const TrialStream&) = delete;
  TrialStream& operator=(const TrialStream&) = delete;

  int64_t trials() const { return trials_; }
  /// Reads what is still missing. Interrupted: what was read is kept.
  void run();
  /// (n, channel, window) float32 of these trials, after `run`.
  at::Tensor rows(const std::vector<int64_t>& trials) const;
  /// Removes the kept values.
  void finish();

 private:
  void plan();
  void open_kept();
  void read_box(int64_t index);
  at::Tensor reduce(const at::Tensor& values, int64_t first_time,
                    const std::vector<int64_t>& positions, const at::Tensor& wanted) const;
  void refuse_infinite(const at::Tensor& values, int64_t first_time, int64_t first_trial,
                       const std::vector<int64_t>& columns, int64_t first_channel) const;
  void save(int64_t first_trial, int64_t first_kept, const at::Tensor& values);
  std::string fingerprint() const;
  int64_t kept_bytes() const;

  Request request_;
  hdf5::File file_;
  int64_t times_ = 0, trials_ = 0, all_channels_ = 0, windows_ = 0;
  std::vector<int64_t> sorted_, place_;  // channels in rising order; where each asked one is
  std::vector<int64_t> group_;           // window group of each sorted channel
  std::vector<int64_t> box_;             // (time, trial, channel)
  std::filesystem::path kept_, cursor_;
  int descriptor_ = -1;
};

}  // namespace afterimage
