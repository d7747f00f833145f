#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace afterimage {

/// SHA-256 of a text in hexadecimal.
std::string sha256(std::string_view text);

/// SHA-256 of a file in hexadecimal.
std::string sha256_of_file(const std::filesystem::path& path);

/// What a file or folder holds, as a hash. Up to 1 GiB all bytes count (of one file: its plain
/// SHA-256); of more, the sizes and 64 blocks of 1 MiB spread over it (`sampled`).
struct ContentHash {
  std::string sha256;
  bool sampled = false;
  uintmax_t bytes = 0;
  int64_t files = 1;

  /// "sha256 1a2b..." or "sampled 1a2b...": two inputs are taken for the same when these are.
  std::string text() const;
  bool operator==(const ContentHash&) const = default;
};

/// Of a file; or of a folder: the names and contents of all files in it and below. Where the
/// folder lies, and when its files were changed, does not count. Links are followed; files that
/// cannot be read count with their name. Errors: not there; a file that cannot be read.
ContentHash content_hash(const std::filesystem::path& path);

/// Of some files of a folder, in whatever order they are given.
ContentHash content_hash(const std::filesystem::path& folder,
                         std::vector<std::filesystem::path> files);

/// Equal for two states of a file only if they are the same, for what is to be used again by
/// itself: its content hash and, where that is sampled, the time of its last change and its place
/// on the disk, so that a copy of a large file is taken for another one.
std::string content_identity(const std::filesystem::path& file);

}  // namespace afterimage
