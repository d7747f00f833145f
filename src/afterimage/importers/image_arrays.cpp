#include "afterimage/importers/image_arrays.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/importers/import_parts.h"

namespace afterimage {
namespace {

using Words = std::vector<std::string>;

/// Positions of stimulus, channel (-1: none), y and x among single axes.
std::vector<int64_t> order_of(const Words& axes, const Words& given) {
  std::vector<int64_t> order;
  size_t found = 0;
  for (const char* name : {"stimulus", "channel", "y", "x"}) {
    const auto at = std::find(axes.begin(), axes.end(), name);
    order.push_back(at == axes.end() ? -1 : at - axes.begin());
    found += at != axes.end();
  }
  if (found != axes.size() || order[0] < 0 || order[2] < 0 || order[3] < 0) {
    throw Error("images_axes", "is " + join(given),
                "It needs 'stimulus', 'y', 'x' and, for colour images, 'channel'; an index that "
                "runs through several is 'y*x' or 'x*y' (the last runs fastest)");
  }
  return order;
}

Words default_axes(const ArrayFile& file) {
  if (file.shape().size() == 4) return {"stimulus", "y", "x", "channel"};
  if (file.shape().size() == 3) return {"stimulus", "y", "x"};
  throw Error(
      file.where(), concat("has the shape ", shape_text(file.shape())),
      "Images are (stimulus, y, x, channel) or (stimulus, y, x); of flattened ones say how: "
      "images_axes = [\"stimulus\", \"y*x\"], or \"x*y\" as MATLAB does");
}

/// Sizes of the single axes that an index of this size runs through.
std::vector<int64_t> opened(const Words& parts, int64_t size, const std::vector<int64_t>& shape,
                            const std::string& where) {
  if (parts.size() == 1) return {size};
  const bool colour = std::count(parts.begin(), parts.end(), "channel") > 0;
  const int64_t pixels = colour ? size / 3 : size;
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(pixels))));
  const int64_t height = shape.empty() ? side : shape[0], width = shape.empty() ? side : shape[1];
  if (height * width * (colour ? 3 : 1) != size) {
    throw Error(where,
                concat("has ", size, " values for each image, which are no ",
                       shape.empty() ? "square" : concat(height, " x ", width, " pixels"),
                       colour ? " of three colours" : ""),
                "Say images_shape = [HEIGHT, WIDTH]");
  }
  std::vector<int64_t> sizes;
  for (const auto& part : parts) {
    sizes.push_back(part == "channel" ? 3 : part == "y" ? height : width);
  }
  return sizes;
}

}  // namespace

ImageArrays::ImageArrays(std::vector<std::unique_ptr<ArrayFile>> files, ImageLayout layout)
    : files_(std::move(files)), layout_(std::move(layout)) {
  TORCH_INTERNAL_ASSERT(!files_.empty());
  if (layout_.axes.empty()) layout_.axes = default_axes(*files_[0]);
  if (!layout_.shape.empty() && layout_.shape.size() != 2) {
    throw Error("images_shape", concat("has ", layout_.shape.size(), " numbers"),
                "It needs two: [HEIGHT, WIDTH]");
  }
  open_axes();
  height_ = open_[static_cast<size_t>(order_[2])];
  width_ = open_[static_cast<size_t>(order_[3])];
  if (order_[1] >= 0) channels_ = open_[static_cast<size_t>(order_[1])];
  if (channels_ != 1 && channels_ != 3) {
    throw Error(
        files_[0]->where(),
        concat("has ", channels_, " channels if its indices are (", join(layout_.axes), ")"),
        "Images have 3 or 1; say which index is which with images_axes");
  }
  for (size_t i = 0; i < files_.size(); ++i) find_range(i);
}

/// Which index is which, and the number of stimuli of each file.
void ImageArrays::open_axes() {
  const Words& axes = layout_.axes;
  const auto at = std::find(axes.begin(), axes.end(), "stimulus") - axes.begin();
  stimulus_ = at == static_cast<int64_t>(axes.size()) ? 0 : at;
  std::vector<int64_t> expected(axes.size(), -1);
  for (const auto& file : files_) {
    require_shape(file->shape(), expected, file->where(),
                  &file == &files_[0] ? "as images_axes says" : "as the first file", axes);
    expected = file->shape();
    counts_.push_back(expected[static_cast<size_t>(stimulus_)]);
    expected[static_cast<size_t>(stimulus_)] = -1;
  }
  Words single;
  for (size_t i = 0; i < axes.size(); ++i) {
    const Words parts = split(axes[i], '*');
    single.insert(single.end(), parts.begin(), parts.end());
    const auto sizes = opened(parts, expected[i], layout_.shape, files_[0]->where());
    open_.insert(open_.end(), sizes.begin(), sizes.end());
  }
  order_ = order_of(single, axes);
}

int64_t ImageArrays::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
}

int64_t ImageArrays::batch() const {
  bool scattered = false;
  for (const auto& file : files_) scattered |= file->pieces(order_[0]) > 1;
  return rows_per_batch(channels_ * height_ * width_ * 8,
                        scattered ? scattered_batch_bytes : batch_bytes);
}

/// (n, channel, y, x)
at::Tensor ImageArrays::raw(size_t file, int64_t first, int64_t count, at::ScalarType type) const {
  auto sizes = open_;
  sizes[static_cast<size_t>(order_[0])] = count;
  const at::Tensor values = files_[file]->part(stimulus_, first, count, type).reshape(sizes);
  if (order_[1] >= 0) return values.permute(order_).contiguous();
  return values.permute({order_[0], order_[2], order_[3]}).unsqueeze(1).contiguous();
}

/// Reads on until the range is clear: mostly a batch of each file.
void ImageArrays::find_range(size_t file) {
  const auto& array = *files_[file];
  for (int64_t first = 0; first < counts_[file]; first += std::min(batch(), counts_[file])) {
    const at::Tensor part = raw(file, first, std::min(batch(), counts_[file] - first), at::kFloat);
    if (!values_.look(part, array.integers(), array.where())) break;
  }
  values_.end_array(array.where());
}

at::Tensor ImageArrays::read(size_t file, int64_t first, int64_t count) const {
  const auto& array = *files_[file];
  const auto type = array.integers() ? at::kByte : at::kFloat;
  const at::Tensor images = values_.bytes(raw(file, first, count, type), array.where());
  if (layout_.size == 0) return images;
  std::vector<at::Tensor> resized;
  for (const at::Tensor& image : images.unbind()) {
    resized.push_back(centre_square(image, layout_.size));
  }
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
