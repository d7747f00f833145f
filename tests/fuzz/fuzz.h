#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace afterimage::fuzz {

/// Hands the bytes to `read` as a file in memory. An Error is the right answer to a bad file; any
/// other exception, a crash or a sanitizer's report is a finding.
void read_as_file(const uint8_t* data, size_t size,
                  const std::function<void(const std::filesystem::path&)>& read);

}  // namespace afterimage::fuzz

/// What libFuzzer, or main.cpp in its place, calls with every input.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
