#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// How an array lies in a file: numbers one after the other, without gaps.
struct RawArray {
  at::ScalarType type = at::kFloat;  ///< as stored: may be an unsigned type
  bool swapped = false;              ///< big-endian
  bool fortran_order = false;        ///< first index fastest
  std::vector<int64_t> shape;

  int64_t element_bytes() const { return static_cast<int64_t>(c10::elementSize(type)); }
  int64_t elements() const;
  /// Bytes of all numbers. Errors: a shape whose numbers or strides no memory could hold.
  uint64_t checked_bytes(const std::string& where) const;

  /// Memory for `count` elements as stored; bool as bytes, for any but 0 and 1 is no valid bool.
  at::Tensor storage(int64_t count) const;
  /// Stored elements of a part with the shape `part`: byte order, index order and type put right.
  /// Errors: uint64 above 2^63 - 1.
  at::Tensor in_memory(at::Tensor elements, const std::vector<int64_t>& part,
                       const std::string& where) const;
};

/// The type that LibTorch computes with: uint16 becomes int32, uint32 and uint64 become int64.
at::ScalarType wide_type(at::ScalarType stored);

}  // namespace afterimage
