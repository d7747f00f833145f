#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// What the numbers of images mean: bytes from 0 to 255, or fractions from 0 to 1. Nothing in a
/// file says so, so their range has to; a range that is no image's is refused.
class ImageValues {
 public:
  /// Looks at images of one array, any shape; `integers`: it holds whole numbers or flags. Gives
  /// whether more has to be seen to know the scale: all values up to 15 may be fractions.
  bool look(const at::Tensor& values, bool integers, const std::string& where);
  /// The array is done; the next may be of another kind of number but must have the same scale.
  /// Errors: NaN, values below 0 or above 255, or a range such as 0 to 1.02 or 0 to 10.
  void end_array(const std::string& where);

  /// As uint8. Errors: values outside the range, in what was not looked at.
  at::Tensor bytes(const at::Tensor& values, const std::string& where) const;

  /// What the user should know: that flags became black and white, or fractions were rounded.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void note(const std::string& text);

  // of the array in hand
  double low_ = 0, high_ = 0;
  bool any_ = false, integers_ = true, whole_ = true;
  // of all
  double scale_ = 0;
  std::string first_;  ///< the array whose scale it is
  std::vector<std::string> notes_;
};

/// Images of one array as uint8; notes are added to `notes`.
at::Tensor image_bytes(const at::Tensor& values, const std::string& where,
                       std::vector<std::string>& notes);

}  // namespace afterimage
