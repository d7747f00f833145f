#include "afterimage/base/data_dir.h"

#include <cstdlib>

#include "afterimage/base/error.h"

namespace afterimage {

namespace {

namespace fs = std::filesystem;

fs::path& chosen() {
  static fs::path folder;
  return folder;
}

}  // namespace

void use_data_dir(const fs::path& folder) { chosen() = folder; }

fs::path data_dir() {
  if (const char* named = std::getenv("AFTERIMAGE_DATA")) {
    if (fs::is_directory(named)) return named;
    throw Error("AFTERIMAGE_DATA", std::string(named) + " is no folder",
                "Name the share/afterimage folder of an installation");
  }
  if (!chosen().empty()) return chosen();
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
