// .npy files whole and row by row, and .npz files.

#include "afterimage/formats/npy.h"

#include <ATen/core/Tensor.h>

#include <string_view>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace afterimage;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::read_as_file(data, size, [&](const std::filesystem::path& path) {
    if (bytes.starts_with("PK")) {
      for (const auto& name : npz_names(path)) read_npz(path, name);
      return;
    }
    const NpyFile file(path);
    if (!file.shape().empty() && file.shape()[0] > 1) file.rows(1, file.shape()[0] - 1);
    file.read();
  });
  return 0;
}
