#include "afterimage/training/history_buffer.h"

#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/stack.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// The samples put together again; memory layout as the batch they came from.
HistoryBuffer::Pair stacked(const std::vector<HistoryBuffer::Pair>& samples) {
  std::vector<at::Tensor> maps, images;
  for (const auto& sample : samples) {
    maps.push_back(sample.maps);
    images.push_back(sample.image);
  }
  return {at::stack(maps), at::stack(images)};
}

}  // namespace

HistoryBuffer::HistoryBuffer(int64_t capacity, double probability)
    : capacity_(capacity), probability_(probability) {}

HistoryBuffer::Pair HistoryBuffer::exchange(const Pair& fresh, at::Generator generator) {
  if (capacity_ == 0) return fresh;
  std::vector<Pair> used;
  for (int64_t i = 0; i < fresh.maps.size(0); ++i) {
    const Pair sample = {fresh.maps[i], fresh.image[i]};
    const auto stored = [&] { return Pair{sample.maps.clone(), sample.image.clone()}; };
    if (size() < capacity_) {
      pairs_.push_back(stored());
      used.push_back(sample);
    } else if (at::rand({1}, generator, at::kFloat).item<float>() < probability_) {
      const auto index =
          static_cast<size_t>(at::randint(capacity_, {1}, generator, at::kLong).item<int64_t>());
      used.push_back(std::exchange(pairs_[index], stored()));
    } else {
      used.push_back(sample);
    }
  }
  return stacked(used);
}

TensorMap HistoryBuffer::to_tensors() const {
  if (pairs_.empty()) return {};
  const Pair all = stacked(pairs_);
  return {{"maps", all.maps}, {"image", all.image}};
}

void HistoryBuffer::restore(const TensorMap& tensors, const std::string& where) {
  pairs_.clear();
  if (tensors.empty()) return;
  const auto maps = tensors.find("maps");
  const auto image = tensors.find("image");
  const bool whole = maps != tensors.end() && image != tensors.end() && maps->second.dim() == 4 &&
                     image->second.dim() == 4 && maps->second.size(0) == image->second.size(0);
  if (!whole || maps->second.size(0) > capacity_) {
    throw Error(where, "the discriminator's history does not fit this run",
                concat("At most ", capacity_, " pairs of maps and image are expected"));
  }
  for (int64_t i = 0; i < maps->second.size(0); ++i) {
    pairs_.push_back({maps->second[i].clone(), image->second[i].clone()});
  }
}

}  // namespace afterimage
