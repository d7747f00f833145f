#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace afterimage {

/// A file's bytes in memory, read by the system when they are touched. What is written to them
/// stays with this process and never reaches the file. The file may be replaced by another of its
/// name meanwhile, but not be cut short.
class MappedFile {
 public:
  /// Errors: no such file, not readable.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }
  uint64_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  uint64_t size_ = 0;
};

}  // namespace afterimage
