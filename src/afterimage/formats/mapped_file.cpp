#include "afterimage/formats/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "afterimage/base/error.h"

namespace afterimage {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  const bool readable = file >= 0 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  void* bytes = nullptr;
  if (readable && status.st_size > 0) {
    size_ = static_cast<uint64_t>(status.st_size);
    bytes = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  }
  if (file >= 0) ::close(file);
  if (!readable || bytes == MAP_FAILED) {
    throw Error(path, std::filesystem::exists(path) ? "cannot be read" : "no such file");
  }
  data_ = static_cast<char*>(bytes);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace afterimage
