#pragma once

#include <string_view>

#include <c10/core/ScalarType.h>

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

}  // namespace afterimage::npy
