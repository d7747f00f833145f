#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// The pictures of a video file (whatever libavformat reads), sampled at a steady rate: frame k is
/// the picture on display at k / rate seconds from the first one.
class VideoFile {
 public:
  /// Reads the whole file once for its times, without decoding. Errors: missing, no video, cut off.
  explicit VideoFile(const std::filesystem::path& path);
  ~VideoFile();

  double seconds() const;
  /// How many frames there are at this rate (frames per second).
  int64_t count(double rate) const;
  /// Decodes the file and hands on the first `frames` frames, (3, H, W) uint8 RGB, in order.
  /// Errors: pictures that cannot be decoded, or fewer than there should be.
  void read(double rate, int64_t frames, const std::function<void(const at::Tensor&)>& use) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace afterimage
