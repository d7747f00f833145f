#include "afterimage/projections/attention_parts.h"

#include <ATen/ATen.h>

namespace afterimage {
namespace {

template <typename Change>
AttentionParts changed(const AttentionParts& parts, Change change) {
  auto all = parts.all();
  for (auto& part : all) part = change(part);
  return AttentionParts::of(all);
}

}  // namespace

AttentionParts AttentionParts::channels(const at::Tensor& rows) const {
  return changed(*this, [&](const at::Tensor& part) { return part.index_select(0, rows); });
}

AttentionParts AttentionParts::zeros_like() const {
  return changed(*this, [](const at::Tensor& part) {
    return at::zeros_like(part, at::MemoryFormat::Contiguous);
  });
}

void AttentionParts::add(const AttentionParts& other, const at::Tensor& rows) {
  const auto ours = all(), theirs = other.all();
  for (size_t i = 0; i < count; ++i) {
    if (rows.defined())
      ours[i].index_add_(0, rows, theirs[i]);
    else
      ours[i].add_(theirs[i]);
  }
}

AttentionGrid::AttentionGrid(int64_t side, int64_t k, const at::TensorOptions& options)
    : y(side, k),
      x(side, k),
      class_of_y(at::tensor(y.of, at::kLong).to(options.device())),
      class_of_x(class_of_y),
      members_of_y(y.members.to(options)),
      members_of_x(members_of_y),
      taps(y.taps.to(options)) {}

}  // namespace afterimage
