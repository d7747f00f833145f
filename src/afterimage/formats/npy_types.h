#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/npy.h"

/// What the files of the npy reader and writer share; nobody else includes this.
namespace afterimage::npy {

struct TypeName {
  std::string_view name;  ///< as in 'descr', without the byte order
  at::ScalarType type;
};

inline constexpr TypeName type_names[] = {
    {"b1", at::kBool},   {"i1", at::kChar}, {"u1", at::kByte},   {"i2", at::kShort},
    {"u2", at::kUInt16}, {"i4", at::kInt},  {"u4", at::kUInt32}, {"i8", at::kLong},
    {"u8", at::kUInt64}, {"f2", at::kHalf}, {"f4", at::kFloat},  {"f8", at::kDouble},
};

inline constexpr std::string_view magic{"\x93NUMPY", 6};

/// The type that LibTorch computes with.
at::ScalarType wide_type(at::ScalarType stored);

/// Elements as stored (bytes of the file in order) -> (shape) in memory: byte order, index order
/// and type put right. `elements` is (n) of the stored type.
at::Tensor in_memory(at::Tensor elements, const NpyHeader& header,
                     const std::vector<int64_t>& shape, const std::string& where);

/// An empty (n) tensor that holds the stored elements; bool as bytes, for any but 0 and 1 is no
/// valid bool.
at::Tensor storage_for(const NpyHeader& header, int64_t count);

}  // namespace afterimage::npy
