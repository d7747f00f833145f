#include "afterimage/base/content_hash.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t whole_limit = uintmax_t{1} << 30;
constexpr uintmax_t block = 1 << 20, samples = 64;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(const void* data, size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  void add(uintmax_t number) { add(&number, sizeof number); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += digits[digest[i] >> 4];
      text += digits[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::ifstream opened(const fs::path& path) {
  if (fs::is_directory(path)) throw Error(path, "is a folder", "Name a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path, fs::exists(path) ? "cannot be read" : "no such file");
  return file;
}

/// Adds up to `count` bytes of a file from `start` on; gives how many there were.
uintmax_t add_bytes(Sha256& hash, const fs::path& path, uintmax_t start, uintmax_t count) {
  auto file = opened(path);
  file.seekg(static_cast<std::streamoff>(start));
  std::vector<char> buffer(block);
  uintmax_t done = 0;
  while (done < count) {
    file.read(buffer.data(), static_cast<std::streamsize>(std::min(block, count - done)));
    if (file.gcount() <= 0) break;
    hash.add(buffer.data(), static_cast<size_t>(file.gcount()));
    done += static_cast<uintmax_t>(file.gcount());
  }
  return done;
}

/// A file of a folder.
struct Part {
  std::string name;  ///< its path from the folder on
  fs::path path;
  uintmax_t bytes = 0;

  bool operator<(const Part& other) const { return name < other.name; }
};

constexpr uintmax_t unreadable = UINTMAX_MAX;

uintmax_t size_of(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed) || !std::ifstream(path)) return unreadable;
  const uintmax_t bytes = fs::file_size(path, failed);
  return failed ? unreadable : bytes;
}

/// The files of a folder and below. `above` are the folders on the way, so that links which lead
/// back end there.
void collect(const fs::path& folder, const std::string& prefix, std::set<fs::path> above,
             std::vector<Part>& parts) {
  std::error_code failed;
  if (!above.insert(fs::canonical(folder, failed)).second) return;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = prefix + entry.path().filename().string();
    if (entry.is_directory(failed)) {
      collect(entry.path(), name + "/", above, parts);
    } else {
      parts.push_back({name, entry.path(), size_of(entry.path())});
    }
  }
}

/// The files as one long text: its names and sizes, and then its bytes, or blocks of them.
ContentHash hash_of(std::vector<Part> parts) {
  std::sort(parts.begin(), parts.end());
  ContentHash out;
  out.files = static_cast<int64_t>(parts.size());
  Sha256 hash;
  for (const Part& part : parts) {
    hash.add(part.name.data(), part.name.size() + 1);
    hash.add(part.bytes);
  }
  std::erase_if(parts, [](const Part& part) { return part.bytes == unreadable; });
  for (const Part& part : parts) out.bytes += part.bytes;
  out.sampled = out.bytes > whole_limit;
  if (!out.sampled) {
    for (const Part& part : parts) add_bytes(hash, part.path, 0, part.bytes);
  }
  size_t at = 0;
  uintmax_t before = 0;  // bytes of the files before `at`
  for (uintmax_t i = 0; out.sampled && i < samples; ++i) {
    const uintmax_t start = (out.bytes - block) * i / (samples - 1);
    while (start >= before + parts[at].bytes) before += parts[at++].bytes;
    uintmax_t left = block, offset = start - before;
    for (size_t part = at; left > 0 && part < parts.size(); ++part, offset = 0) {
      left -= add_bytes(hash, parts[part].path, offset, left);
    }
  }
  out.sha256 = hash.hex();
  return out;
}

ContentHash hash_of_file(const fs::path& path) {
  ContentHash out;
  out.bytes = fs::file_size(path);
  out.sampled = out.bytes > whole_limit;
  if (!out.sampled) {
    out.sha256 = sha256_of_file(path);
    return out;
  }
  Sha256 hash;
  hash.add(out.bytes);
  for (uintmax_t i = 0; i < samples; ++i) {
    add_bytes(hash, path, (out.bytes - block) * i / (samples - 1), block);
  }
  out.sha256 = hash.hex();
  return out;
}

}  // namespace

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

std::string sha256_of_file(const fs::path& path) {
  Sha256 hash;
  add_bytes(hash, path, 0, UINTMAX_MAX);
  return hash.hex();
}

std::string ContentHash::text() const { return (sampled ? "sampled " : "sha256 ") + sha256; }

ContentHash content_hash(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path, "no such file or folder");
  if (!fs::is_directory(path)) return hash_of_file(path);
  std::vector<Part> parts;
  collect(path, "", {}, parts);
  return hash_of(std::move(parts));
}

ContentHash content_hash(const fs::path& folder, std::vector<fs::path> files) {
  std::vector<Part> parts;
  for (auto& file : files) {
    parts.push_back({file.lexically_relative(folder).generic_string(), file, size_of(file)});
  }
  return hash_of(std::move(parts));
}

std::string content_identity(const fs::path& file) {
  const ContentHash hash = content_hash(file);
  if (!hash.sampled) return hash.text();
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) throw Error(file, "cannot be read");
  // Not the time of modification, which programs set as they like (cp -p, rsync).
  return concat(hash.text(), " ", about.st_ctim.tv_sec, " ", about.st_ctim.tv_nsec, " ",
                about.st_ino);
}

}  // namespace afterimage
