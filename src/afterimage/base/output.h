#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace afterimage {

/// A path that is removed again unless it is kept, or `worth_keeping` says so then (it holds a
/// checkpoint): what is in the making when a job ends early. `worth_keeping` may be asked by
/// another thread.
class Unfinished {
 public:
  explicit Unfinished(std::filesystem::path path, std::function<bool()> worth_keeping = {});
  ~Unfinished();
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep();

 private:
  std::filesystem::path path_;
};

/// A file or folder in the making: it is written beside its place under a temporary name and
/// renamed when whole, so that a killed run leaves what existed untouched. What is not committed is
/// removed again. Errors: the output exists and `force` is off, or its folder cannot be written.
class Output {
 public:
  Output(std::filesystem::path target, bool force);

  /// Where to write.
  const std::filesystem::path& path() const { return temporary_.path(); }

  /// Flushes to disk and renames into place (`replace`).
  void commit();

 private:
  std::filesystem::path target_;
  bool force_;
  Unfinished temporary_;
};

/// Refuses an output that exists (unless `force`) or whose folder is missing or not writable.
/// Called before long work starts, so that it is not lost at the end.
void check_output(const std::filesystem::path& target, bool force);

/// Puts `whole` in the place of `target` in one step and then removes what stood there. Both
/// outlive a power loss: all of `whole` is on the disk before it is renamed, and its name after.
/// Errors: the disk is full or broken.
void replace(const std::filesystem::path& whole, const std::filesystem::path& target);

/// Writes a file, or a folder with all in it, through to the disk. Errors as above.
void flush_to_disk(const std::filesystem::path& path);

/// Makes a folder, and those it lies in, that outlive a power loss.
void make_folder(const std::filesystem::path& folder);

/// Writes a small text file at once (through Output). Errors on a full disk.
void write_text(const std::filesystem::path& target, std::string_view text, bool force);

/// The whole text of a file.
std::string read_text(const std::filesystem::path& path);

/// For a program that ends where it stands: removes all that is unfinished and says in one line
/// what is left. From then on no output is begun, finished or removed: who tries waits for ever.
std::string abandon_outputs();

}  // namespace afterimage
