#include "afterimage/base/data_dir.h"

#include <cstdlib>

#include "afterimage/base/error.h"

namespace afterimage {

std::filesystem::path data_dir() {
  namespace fs = std::filesystem;
  if (const char* named = std::getenv("AFTERIMAGE_DATA")) {
    if (fs::is_directory(named)) return named;
    throw Error("AFTERIMAGE_DATA", std::string(named) + " is no folder",
                "Name the share/afterimage folder of an installation");
  }
  std::error_code ignored;
  const fs::path binary = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path beside = binary.parent_path().parent_path() / "share" / "afterimage";
  if (fs::is_directory(beside)) return beside;
  const fs::path installed = AFTERIMAGE_INSTALLED_DATA;
  if (fs::is_directory(installed)) return installed;
  throw Error(beside, "no such folder",
              "Install Afterimage whole, or name its share/afterimage folder in AFTERIMAGE_DATA");
}

}  // namespace afterimage
