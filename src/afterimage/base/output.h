#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace afterimage {

/// A file or folder in the making: it is written beside its place under a temporary name and
/// renamed when whole, so that a killed run leaves what existed untouched. What is not committed is
/// removed again. Errors: the output exists and `force` is off, or its folder cannot be written.
class Output {
 public:
  Output(std::filesystem::path target, bool force);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Where to write.
  const std::filesystem::path& path() const { return temporary_; }

  /// Flushes to disk and renames into place.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  bool force_;
  bool committed_ = false;
};

/// Refuses an output that exists (unless `force`) or whose folder is missing or not writable.
/// Called before long work starts, so that it is not lost at the end.
void check_output(const std::filesystem::path& target, bool force);

/// Puts `whole` in the place of `target` in one step and then removes what stood there.
void replace(const std::filesystem::path& whole, const std::filesystem::path& target);

/// Writes a small text file at once (through Output). Errors on a full disk.
void write_text(const std::filesystem::path& target, std::string_view text, bool force);

/// The whole text of a file.
std::string read_text(const std::filesystem::path& path);

}  // namespace afterimage
