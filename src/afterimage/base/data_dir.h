#pragma once

#include <filesystem>

namespace afterimage {

/// The folder with what comes with Afterimage (configs/, weights/, examples/, report/): beside the
/// running binary (`bin/../share/afterimage`), else where the library was installed, or the folder
/// named by AFTERIMAGE_DATA. An Error when none of them is there.
std::filesystem::path data_dir();

/// For hosts that are no program of ours (Python): where that folder is from now on.
/// AFTERIMAGE_DATA goes before it.
void use_data_dir(const std::filesystem::path& folder);

}  // namespace afterimage
