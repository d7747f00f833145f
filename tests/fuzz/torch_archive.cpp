// Files of torch.save, both forms, and the pickle that is in them.

#include "afterimage/formats/torch_archive.h"

#include <ATen/Functions.h>
#include "afterimage/formats/pickle.h"
#include "afterimage/formats/state_dict.h"

#include "afterimage/base/error.h"
#include "fuzz.h"

namespace {

at::Tensor storage(const afterimage::StorageReference& reference) {
  if (reference.count < 0 || reference.count > 1000) {
    throw afterimage::Error("storage", "is not there");
  }
  return at::zeros({reference.count}, reference.type);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace afterimage;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::read_as_file(data, size, [&](const std::filesystem::path& path) {
    const bool legacy = bytes.starts_with("\x80\x02\x8a");
    if (bytes.starts_with("\x80\x02") && !legacy) {
      // A bare pickle: behind a zip's checksum no mutation would reach it.
      const std::string where = "pickle";
      state_dict_of(Pickle(bytes, state_dict_globals(), where), storage, where);
      return;
    }
    read_torch_archive(path);
  });
  return 0;
}
