#include <zip.h>

#include <fstream>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/npy.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// Deflate makes a file at most 1032 times smaller: what claims more is made to fill memory.
constexpr uint64_t most_compression = 1040;

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

using Archive = std::unique_ptr<zip_t, CloseZip>;

Archive open_zip(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path, "no such file");
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!archive) {
    throw Error(path, "is no whole npz file", "It is truncated or was not saved by numpy.savez");
  }
  return archive;
}

std::vector<std::string> names_in(zip_t* archive) {
  constexpr std::string_view suffix = ".npy";
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    const char* name = zip_get_name(archive, static_cast<zip_uint64_t>(i), 0);
    const std::string_view text = name ? name : "";
    if (text.ends_with(suffix)) names.emplace_back(text.substr(0, text.size() - suffix.size()));
  }
  return names;
}

/// One entry of the archive, from its first byte to its last.
class Entry {
 public:
  Entry(zip_t* archive, const std::string& name, uint64_t file_size, std::string where)
      : where_(std::move(where)) {
    zip_stat_t status;
    zip_stat_init(&status);
    if (zip_stat(archive, name.c_str(), 0, &status) != 0 || (status.valid & ZIP_STAT_SIZE) == 0 ||
        status.size / most_compression > file_size) {
      damaged();
    }
    size_ = status.size;
    entry_.reset(zip_fopen(archive, name.c_str(), 0));
    if (!entry_) damaged();
  }

  uint64_t size() const { return size_; }

  void read(char* out, uint64_t size) {
    while (size > 0) {
      const auto count = zip_fread(entry_.get(), out, size);
      if (count <= 0) damaged();
      out += count;
      size -= static_cast<uint64_t>(count);
    }
  }

  /// Reading past the end makes the library compare the checksum.
  void check_end() {
    char beyond;
    if (zip_fread(entry_.get(), &beyond, 1) != 0) damaged();
  }

 private:
  [[noreturn]] void damaged() const { throw Error(where_, "is damaged", "Copy the file again"); }

  std::string where_;
  uint64_t size_ = 0;
  std::unique_ptr<zip_file_t, CloseZip> entry_;
};

}  // namespace

std::vector<std::string> npz_names(const fs::path& path) { return names_in(open_zip(path).get()); }

at::Tensor read_npz(const fs::path& path, const std::string& name) {
  const Archive archive = open_zip(path);
  if (zip_name_locate(archive.get(), (name + ".npy").c_str(), 0) < 0) {
    throw Error(path, "has no array '" + name + "'", suggestion(name, names_in(archive.get())));
  }
  const std::string where = concat(path.string(), " '", name, "'");
  Entry entry(archive.get(), name + ".npy", fs::file_size(path), where);
  const auto take = [&](size_t count) {
    std::string bytes(count, '\0');
    entry.read(bytes.data(), count);
    return bytes;
  };
  const NpyHeader header = read_npy_header(take, entry.size(), where);
  at::Tensor elements = header.storage(header.elements());
  entry.read(static_cast<char*>(elements.data_ptr()), elements.nbytes());
  entry.check_end();
  return header.in_memory(elements, header.shape, where);
}

}  // namespace afterimage
