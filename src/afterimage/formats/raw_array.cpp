#include "afterimage/formats/raw_array.h"

#include <ATen/Functions.h>

#include <algorithm>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

/// Turns the bytes of each element round.
void swap_bytes(at::Tensor& elements) {
  const auto width = static_cast<int64_t>(elements.element_size());
  auto* bytes = static_cast<char*>(elements.data_ptr());
  for (int64_t i = 0; i < elements.numel(); ++i) {
    std::reverse(bytes + i * width, bytes + (i + 1) * width);
  }
}

}  // namespace

at::ScalarType wide_type(at::ScalarType stored) {
  if (stored == at::kUInt16) return at::kInt;
  if (stored == at::kUInt32 || stored == at::kUInt64) return at::kLong;
  return stored;
}

int64_t RawArray::elements() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

uint64_t RawArray::checked_bytes(const std::string& where) const {
  int64_t bytes = element_bytes();
  for (const int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, std::max<int64_t>(size, 1), &bytes)) {
      throw Error(where, "has a shape too large for any memory");
    }
  }
  return static_cast<uint64_t>(elements() * element_bytes());
}

at::Tensor RawArray::storage(int64_t count) const {
  return at::empty({count}, type == at::kBool ? at::kByte : type);
}

at::Tensor RawArray::in_memory(at::Tensor elements, const std::vector<int64_t>& part,
                               const std::string& where) const {
  if (swapped && element_bytes() > 1) swap_bytes(elements);
  if (type == at::kBool) {
    elements = elements.ne(0);
  } else if (type == at::kUInt64) {
    elements = elements.view(at::kLong);
    if (elements.numel() > 0 && elements.min().item<int64_t>() < 0) {
      throw Error(where, "holds whole numbers above 2^63 - 1");
    }
  } else {
    elements = elements.to(wide_type(type));
  }
  if (!fortran_order) return elements.view(part);
  const std::vector<int64_t> reversed(part.rbegin(), part.rend());
  std::vector<int64_t> order(part.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(order.size() - 1 - i);
  return elements.view(reversed).permute(order).contiguous();
}

}  // namespace afterimage
