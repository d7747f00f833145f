#include "afterimage/formats/safetensors.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace afterimage;
  fuzz::read_as_file(data, size, [](const std::filesystem::path& path) {
    TextMap metadata;
    read_safetensors(path, &metadata);
  });
  return 0;
}
