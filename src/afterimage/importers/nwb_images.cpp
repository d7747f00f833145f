#include "afterimage/importers/nwb_images.h"

#include <ATen/Functions.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"

namespace afterimage::nwb {
namespace {

/// (channel, y, x) with the indices in the order that `axes` says.
std::vector<int64_t> order_of(const std::string& axes, size_t indices) {
  std::vector<int64_t> order =
      axes == "y,x" ? std::vector<int64_t>{0, 1} : std::vector<int64_t>{1, 0};
  if (indices == 3) order.insert(order.begin(), 2);
  return order;
}

}  // namespace

ContainerImages::ContainerImages(const hdf5::File& file, const std::string& group,
                                 const std::vector<std::string>& names, std::string axes,
                                 int64_t size)
    : axes_(std::move(axes)), size_(size), height_(size), width_(size) {
  for (const auto& name : names) {
    arrays_.push_back(open_array(concat(file.path().filename().string(), ":", group, "/", name),
                                 file.path().parent_path()));
    const auto& shape = arrays_.back()->shape();
    const bool colour = shape.size() == 3 && (shape[2] == 3 || shape[2] == 4);
    if (!colour && shape.size() != 2) {
      throw Error(arrays_.back()->where(), "is no image",
                  "Images are (y, x), (y, x, 3) or (y, x, 4)");
    }
    if (colour) channels_ = 3;
  }
  bool more = true;
  for (size_t i = 0; more && i < arrays_.size(); ++i) {
    const auto& array = *arrays_[i];
    more = values_.look(array.read(at::kFloat), array.integers(), array.where());
  }
  values_.end_array(concat(file.path().string(), ":", group));
  if (size_ > 0) return;
  const at::Tensor first = own(0);
  height_ = first.size(1);
  width_ = first.size(2);
}

/// (channel, y, x) at the image's own size; transparent parts lie over white.
at::Tensor ContainerImages::own(size_t image) const {
  const auto& array = *arrays_[image];
  const at::Tensor values = array.read(array.integers() ? at::kByte : at::kFloat);
  const at::Tensor bytes =
      values_.bytes(values, array.where()).permute(order_of(axes_, array.shape().size()));
  if (bytes.dim() == 2) return bytes.unsqueeze(0).expand({channels_, -1, -1});
  if (bytes.size(0) == 3) return bytes;
  const at::Tensor alpha = bytes.narrow(0, 3, 1).to(at::kFloat) / 255;
  const at::Tensor laid = bytes.narrow(0, 0, 3).to(at::kFloat) * alpha + (1 - alpha) * 255;
  return laid.round().to(at::kByte);
}

at::Tensor ContainerImages::read(size_t image) const {
  const at::Tensor pixels = own(image);
  if (size_ > 0) {
    return centre_square(pixels.expand({3, -1, -1}).contiguous(), size_).narrow(0, 0, channels_);
  }
  if (pixels.size(1) == height_ && pixels.size(2) == width_) return pixels.contiguous();
  throw Error(arrays_[image]->where(),
              concat("is ", pixels.size(2), " x ", pixels.size(1), " pixels, the first image is ",
                     width_, " x ", height_),
              "Give --image-size: then the largest centred square of each is resized to it");
}

void ContainerImages::append_to(RecordingWriter& writer) const {
  for (size_t i = 0; i < arrays_.size(); ++i) writer.append_images(read(i).unsqueeze(0));
}

}  // namespace afterimage::nwb
