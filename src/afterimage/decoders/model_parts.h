#pragma once

#include <filesystem>

#include "afterimage/base/config.h"

/// What the files of Model share.
namespace afterimage {

/// "NAME.training" or another ending beside a model's folder; empty for a model without one.
std::filesystem::path beside(const std::filesystem::path& model, const char* ending);

/// Steps or epochs say how long a training is: those on the command line win.
Config with_one_length(Config config);

}  // namespace afterimage
