#include "afterimage/importers/image_values.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

constexpr double bright = 16;  // images of bytes reach this, fractions and flags never
constexpr const char* right =
    "Images are whole numbers from 0 to 255, or fractions from 0 to 1: scale them first";

}  // namespace

bool ImageValues::look(const at::Tensor& values, bool integers, const std::string& where) {
  if (values.numel() == 0) return true;
  const at::Tensor numbers = values.to(at::kFloat);
  if (!numbers.isfinite().all().item<bool>()) {
    throw Error(where, "has values that are NaN or infinite", right);
  }
  const auto [low, high] = at::aminmax(numbers);
  low_ = any_ ? std::min(low_, low.item<double>()) : low.item<double>();
  high_ = any_ ? std::max(high_, high.item<double>()) : high.item<double>();
  whole_ = whole_ && (integers || numbers.eq(numbers.round()).all().item<bool>());
  integers_ = integers;
  any_ = true;
  return high_ < bright;
}

void ImageValues::note(const std::string& text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
}

void ImageValues::end_array(const std::string& where) {
  if (!any_) return;  // no images
  const std::string range =
      concat("has values from ", number_text(low_), " to ", number_text(high_));
  const bool fractions = high_ <= 1;
  const bool between = !integers_ && high_ > 1 && high_ < bright;
  if (low_ < 0 || high_ > 255 || between) throw Error(where, range, right);
  const double scale = fractions ? 255 : 1;
  if (scale_ == 0) first_ = where;
  if (scale_ != 0 && scale_ != scale) {
    throw Error(where, concat(range, ", and ", first_, " from 0 to ", fractions ? 255 : 1),
                "Give all images the same range");
  }
  scale_ = scale;
  if (high_ == 0) {
    note("the images are all black");
  } else if (fractions && integers_) {
    note("the images hold only 0 and 1: taken as black and white (0 and 255)");
  } else if (high_ < bright && !fractions) {
    note(concat("the brightest value of the images is ", high_, " of 255: they are almost black"));
  }
  if (!fractions && !whole_) note("the images have fractions between 0 and 255: rounded");
  any_ = false;
  whole_ = true;
}

at::Tensor ImageValues::bytes(const at::Tensor& values, const std::string& where) const {
  if (values.scalar_type() == at::kByte && scale_ != 255) return values;
  const at::Tensor scaled = values.to(at::kFloat).mul(scale_).round();
  if (!scaled.ge(0).logical_and(scaled.le(255)).all().item<bool>()) {  // NaN is neither
    throw Error(where,
                concat("has values that are NaN, below 0 or above ", number_text(255 / scale_)),
                right);
  }
  return scaled.to(at::kByte);
}

at::Tensor image_bytes(const at::Tensor& values, const std::string& where,
                       std::vector<std::string>& notes) {
  ImageValues found;
  found.look(values, !at::isFloatingType(values.scalar_type()), where);
  found.end_array(where);
  notes.insert(notes.end(), found.notes().begin(), found.notes().end());
  return found.bytes(values, where);
}

}  // namespace afterimage
