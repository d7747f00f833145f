#pragma once

#include <c10/core/ScalarType.h>

#include <array>
#include <bit>
#include <cstdint>

/// What reading and writing of safetensors files share.
namespace afterimage::safetensors {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

struct TypeName {
  const char* name;
  at::ScalarType type;
};

inline constexpr std::array type_names{
    TypeName{"F64", at::kDouble},    TypeName{"F32", at::kFloat}, TypeName{"F16", at::kHalf},
    TypeName{"BF16", at::kBFloat16}, TypeName{"I64", at::kLong},  TypeName{"I32", at::kInt},
    TypeName{"I16", at::kShort},     TypeName{"I8", at::kChar},   TypeName{"U8", at::kByte},
    TypeName{"BOOL", at::kBool}};

inline constexpr uint64_t length_bytes = 8;
inline constexpr const char* metadata_key = "__metadata__";

}  // namespace afterimage::safetensors
