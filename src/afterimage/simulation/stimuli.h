#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace afterimage::simulator {

/// One photograph and what a recording calls it.
struct Photograph {
  std::filesystem::path path;
  std::string source;  ///< file name; with its folder where two folders hold the same name
};

struct Photographs {
  std::vector<Photograph> train, test;
  std::vector<Photograph> other;     ///< of another folder, tested apart
  std::vector<std::string> skipped;  ///< unreadable files left out
  std::string note;                  ///< why there are fewer test photographs than asked for
};

/// Deals the photographs of a folder to the two splits in an order drawn from `generator`. With
/// subfolders train/ and test/ each feeds its split (val/ joins the training); without,
/// `test_images` are held out, but never more than a third. Every file is decoded once if
/// `skip_bad`, and left out when it cannot be.
///
/// Errors: no images, fewer than two photographs, a split without any.
Photographs choose_photographs(const std::filesystem::path& folder, int64_t test_images,
                               bool skip_bad, at::Generator generator);

/// Adds every photograph of another folder, in name order. Errors: one that is there already.
void add_others(Photographs& photographs, const std::filesystem::path& folder, bool skip_bad);

/// A square of a photograph, independent of its size in pixels.
struct Crop {
  int64_t photograph = 0;   ///< row of all photographs: training, test, others
  double side = 1;          ///< over the photograph's shorter side
  double x = 0.5, y = 0.5;  ///< of the room left to move: 0 left or top, 1 right or bottom
  bool flip = false;        ///< left-right
};

/// One stimulus: what is cut, and its name ("100075.jpg#3").
struct Stimulus {
  Crop crop;
  std::string name;
  std::string source;
  int64_t shape = -1;  ///< artificial, none of a photograph (shapes.h)
};

/// `train_trials` random crops (side 0.5-1, half of them flipped), as equally many from each
/// training photograph as can be, each test and each other photograph's central square, and the
/// first `shapes` artificial shapes. Stimuli of one photograph stand together; training comes
/// first.
std::vector<Stimulus> plan_stimuli(const Photographs& photographs, int64_t train_trials,
                                   at::Generator generator, int64_t shapes = 0);

/// Cuts a crop out of (3, H, W) and resizes it: (3, size, size), same type.
at::Tensor cut(const at::Tensor& photograph, const Crop& crop, int64_t size);

/// Reads photographs and cuts stimuli; keeps the last photograph.
class StimulusReader {
 public:
  StimulusReader(const Photographs& photographs, int64_t size);
  /// (n, 3, size, size) uint8. Errors: unreadable photograph (the file is named).
  at::Tensor read(const std::vector<Stimulus>& stimuli, const std::vector<int64_t>& rows);

 private:
  std::vector<std::filesystem::path> paths_;
  int64_t size_;
  int64_t held_ = -1;
  at::Tensor photograph_;
};

}  // namespace afterimage::simulator
