#include "afterimage/importers/image_arrays.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/recordings/sample_batches.h"

namespace afterimage {
namespace {

using Words = std::vector<std::string>;

/// Positions of stimulus, channel (-1: none), y and x among the axes.
std::vector<int64_t> order_of(const Words& axes) {
  std::vector<int64_t> order;
  size_t found = 0;
  for (const char* name : {"stimulus", "channel", "y", "x"}) {
    const auto at = std::find(axes.begin(), axes.end(), name);
    order.push_back(at == axes.end() ? -1 : at - axes.begin());
    found += at != axes.end();
  }
  if (found != axes.size() || order[0] < 0 || order[2] < 0 || order[3] < 0) {
    throw Error("images_axes", "is " + join(axes),
                "It needs 'stimulus', 'y', 'x' and, for colour images, 'channel'");
  }
  return order;
}

Words default_axes(const ArrayFile& file) {
  if (file.shape().size() == 4) return {"stimulus", "y", "x", "channel"};
  if (file.shape().size() == 3) return {"stimulus", "y", "x"};
  throw Error(file.where(), concat("has the shape ", shape_text(file.shape())),
              "Images are (stimulus, y, x, channel) or (stimulus, y, x)");
}

}  // namespace

ImageArrays::ImageArrays(std::vector<std::unique_ptr<ArrayFile>> files, Words axes, int64_t size)
    : files_(std::move(files)), size_(size) {
  TORCH_INTERNAL_ASSERT(!files_.empty());
  if (axes.empty()) axes = default_axes(*files_[0]);
  order_ = order_of(axes);
  std::vector<int64_t> expected(axes.size(), -1);
  for (const auto& file : files_) {
    require_shape(file->shape(), expected, file->where(), "(" + join(axes) + ")");
    expected = file->shape();
    counts_.push_back(expected[static_cast<size_t>(order_[0])]);
    expected[static_cast<size_t>(order_[0])] = -1;
  }
  height_ = expected[static_cast<size_t>(order_[2])];
  width_ = expected[static_cast<size_t>(order_[3])];
  if (order_[1] >= 0) channels_ = expected[static_cast<size_t>(order_[1])];
  if (channels_ != 1 && channels_ != 3) {
    throw Error(files_[0]->where(),
                concat("has ", channels_, " channels if its indices are (", join(axes), ")"),
                "Images have 3 or 1; say which index is which with images_axes");
  }
  for (size_t i = 0; i < files_.size(); ++i) fractions_.push_back(holds_fractions(i));
}

int64_t ImageArrays::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
}

int64_t ImageArrays::batch() const {
  return order_[0] == 0 ? rows_per_batch(channels_ * height_ * width_ * 4) : INT64_MAX;
}

/// (n, channel, y, x)
at::Tensor ImageArrays::raw(size_t file, int64_t first, int64_t count, at::ScalarType type) const {
  const at::Tensor values = order_[0] == 0
                                ? files_[file]->rows(first, count, type)
                                : files_[file]->read(type).narrow(order_[0], first, count);
  if (order_[1] >= 0) return values.permute(order_).contiguous();
  return values.permute({order_[0], order_[2], order_[3]}).unsqueeze(1).contiguous();
}

bool ImageArrays::holds_fractions(size_t file) const {
  if (files_[file]->integers()) return false;
  for (int64_t first = 0; first < counts_[file]; first += std::min(batch(), counts_[file])) {
    const int64_t count = std::min(batch(), counts_[file] - first);
    if (raw(file, first, count, at::kFloat).max().item<float>() > 1) return false;
  }
  return true;
}

at::Tensor ImageArrays::read(size_t file, int64_t first, int64_t count) const {
  at::Tensor images = raw(file, first, count, fractions_[file] ? at::kFloat : at::kByte);
  if (fractions_[file]) {
    if (!images.ge(0).all().item<bool>()) {
      throw Error(files_[file]->where(), "has values that are NaN or below 0",
                  "Images are whole numbers from 0 to 255, or fractions from 0 to 1");
    }
    images = images.mul(255).round().to(at::kByte);
  }
  if (size_ == 0) return images;
  std::vector<at::Tensor> resized;
  for (const at::Tensor& image : images.unbind()) resized.push_back(centre_square(image, size_));
  return at::stack(resized);
}

void ImageArrays::append_to(RecordingWriter& writer, const std::vector<int64_t>& rows) const {
  for (size_t i = 0; i < rows.size();) {
    size_t file = 0;
    int64_t first = rows[i];
    while (first >= counts_[file]) first -= counts_[file++];
    size_t end = i + 1;  // adjacent rows are read in one go
    const int64_t most = std::min(batch(), counts_[file] - first);
    while (end < rows.size() && rows[end] == rows[end - 1] + 1 &&
           static_cast<int64_t>(end - i) < most) {
      ++end;
    }
    writer.append_images(read(file, first, static_cast<int64_t>(end - i)));
    i = end;
  }
}

void ImageArrays::append_to(RecordingWriter& writer) const {
  std::vector<int64_t> rows(static_cast<size_t>(count()));
  std::iota(rows.begin(), rows.end(), 0);
  append_to(writer, rows);
}

}  // namespace afterimage
