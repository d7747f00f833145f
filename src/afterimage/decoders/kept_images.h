#pragma once

#include <filesystem>

namespace afterimage {

/// A decoder whose images take so long that each is kept when it is made. Whoever knows a place
/// beside the model says so; without one nothing is kept.
class KeepsImages {
 public:
  virtual ~KeepsImages() = default;
  virtual void keep_images_in(const std::filesystem::path& folder) = 0;
};

}  // namespace afterimage
