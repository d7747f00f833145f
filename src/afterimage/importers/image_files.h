#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// The files called `names` in `folder`. One Error names up to ten that are missing and counts the
/// rest.
std::vector<std::filesystem::path> find_images(const std::filesystem::path& folder,
                                               const std::vector<std::string>& names);

/// The images of a folder, by the numbers and labels that tables of trials give them.
class ImageFolder {
 public:
  /// Errors: no such folder.
  explicit ImageFolder(std::filesystem::path folder);

  /// Image `number` in name order, the first being `from`. Errors, at `where`: there is none.
  const std::filesystem::path& numbered(int64_t number, int64_t from,
                                        const std::string& where) const;
  /// The file with this path below the folder, or the image of the folder with this name, its
  /// extension aside. Errors: there is none.
  std::filesystem::path named(const std::string& label) const;

 private:
  void list() const;  ///< only when asked for: labels may be paths of files in folders below

  std::filesystem::path folder_;
  mutable std::vector<std::filesystem::path> files_;
  mutable std::unordered_map<std::string, size_t> by_name_;
};

/// Files shown in trials: each once, in name order, and for each showing its row among them.
struct DistinctImages {
  explicit DistinctImages(const std::vector<std::filesystem::path>& shown);
  /// Paths below `folder`, where the files lie there, else their names.
  std::vector<std::string> names(const std::filesystem::path& folder) const;

  std::vector<std::filesystem::path> files;
  std::vector<int64_t> rows;
};

/// Image files as the stimuli of a recording: all at one size, gray where all are gray.
class ImageFiles {
 public:
  /// `size` > 0: the largest centred square of each, resized to that side. 0: the images' own size,
  /// which must be the same for all. Errors: no files, a file that cannot be decoded.
  ImageFiles(std::vector<std::filesystem::path> files, int64_t size);

  int64_t count() const { return static_cast<int64_t>(files_.size()); }
  const std::filesystem::path& path(int64_t index) const {
    return files_[static_cast<size_t>(index)];
  }
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  int64_t channels() const { return channels_; }  ///< 1 when every image is gray, else 3

  /// (n, channels, H, W) uint8 of the files [first, first + n). Errors name the file: it cannot be
  /// decoded, or has another size.
  at::Tensor read(int64_t first, int64_t count) const;
  /// All of them, a few at a time, as the next stimuli of a recording.
  void append_to(RecordingWriter& writer) const;

 private:
  at::Tensor read_one(size_t index) const;
  bool all_gray() const;

  std::vector<std::filesystem::path> files_;
  int64_t size_, height_ = 0, width_ = 0, channels_ = 3;
};

}  // namespace afterimage
