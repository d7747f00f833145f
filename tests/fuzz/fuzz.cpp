#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "afterimage/base/error.h"

namespace afterimage::fuzz {

void read_as_file(const uint8_t* data, size_t size,
                  const std::function<void(const std::filesystem::path&)>& read) {
  const int file = ::memfd_create("input", 0);
  size_t done = 0;
  while (file >= 0 && done < size) {
    const ssize_t count = ::write(file, data + done, size - done);
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  if (file < 0 || done != size) std::abort();
  try {
    read("/proc/self/fd/" + std::to_string(file));
  } catch (const Error&) {
  }
  ::close(file);
}

}  // namespace afterimage::fuzz
