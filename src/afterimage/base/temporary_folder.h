#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "afterimage/base/error.h"

namespace afterimage {

/// A new folder that is removed at the end: for unit tests, and for what a fit without a folder of
/// its own writes on the way. Errors: none can be made.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const auto place = std::filesystem::temp_directory_path();
    std::string name = (place / "afterimage_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw Error(place, "no folder can be made in it", "Free some space, or set TMPDIR");
    }
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace afterimage
