#pragma once

#include <filesystem>

namespace afterimage {

/// The folder with what comes with Afterimage (configs/, weights/, examples/, report/): beside the
/// running binary (`bin/../share/afterimage`), else where the library was installed, or the folder
/// named by AFTERIMAGE_DATA. An Error when none of them is there.
std::filesystem::path data_dir();

}  // namespace afterimage
