#include "afterimage/formats/torch_archive.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <zip.h>

#include <array>
#include <fstream>
#include <memory>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/state_dict.h"
#include "afterimage/formats/torch_legacy.h"
#include "afterimage/formats/zip_places.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t longest_pickle = uint64_t{16} << 20;  // those of state dicts are far smaller

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

/// The zip file of `torch.save`: FOLDER/data.pkl and one FOLDER/data/KEY per storage.
class Archive {
 public:
  /// `map`: storages are used where they lie in the file, and their checksums not compared.
  Archive(const fs::path& path, bool map) : where_(path.string()), file_size_(fs::file_size(path)) {
    int code = 0;
    zip_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (!zip_) {
      throw Error(where_, "is no whole zip file",
                  "The file is truncated or corrupt; copy it again");
    }
    folder_ = folder();
    if (has("byteorder") && text("byteorder", 16) != "little") {
      throw Error(where_, "was saved with big-endian numbers", "Save it on an ordinary computer");
    }
    if (map) {
      mapped_ = std::make_shared<MappedFile>(path);
      places_ = zip_places(*mapped_, where_);
    }
  }

  std::string text(const std::string& name, uint64_t limit) const {
    std::string bytes(checked_size(name), '\0');
    if (bytes.size() > limit) throw Error(where_, "its '" + name + "' is too large");
    read(name, bytes.data(), bytes.size());
    return bytes;
  }

  at::Tensor storage(const StorageReference& reference) const {
    const std::string name = "data/" + reference.key;
    const uint64_t size = checked_size(name);
    const uint64_t element = c10::elementSize(reference.type);
    if (size % element != 0 || size / element != static_cast<uint64_t>(reference.count)) {
      throw Error(where_, concat("its '", name, "' has ", size, " bytes"),
                  concat("Expected ", reference.count, " elements of ", element, " bytes"));
    }
    const bool boolean = reference.type == at::kBool;
    if (mapped_ && !boolean) {
      const at::Tensor lying = mapped(name, size, reference);
      if (lying.defined()) return lying;
    }
    at::Tensor elements = at::empty({reference.count}, boolean ? at::kByte : reference.type);
    read(name, elements.data_ptr(), size);
    return boolean ? elements.ne(0) : elements;
  }

 private:
  /// The storage where it lies in the file; undefined when it is not aligned to its type there.
  at::Tensor mapped(const std::string& name, uint64_t size,
                    const StorageReference& reference) const {
    const auto place = places_.find(folder_ + name);
    if (place == places_.end() || place->second > file_size_ || file_size_ - place->second < size) {
      throw Error(where_, "its '" + name + "' is damaged", "Copy the file again");
    }
    if (place->second % c10::elementSize(reference.type) != 0) return {};
    return at::from_blob(
        mapped_->data() + place->second, {reference.count}, [keep = mapped_](void*) {},
        reference.type);
  }

  std::string folder() const {
    constexpr std::string_view pickle = "/data.pkl";
    for (zip_int64_t i = 0; i < zip_get_num_entries(zip_.get(), 0); ++i) {
      const char* name = zip_get_name(zip_.get(), static_cast<zip_uint64_t>(i), 0);
      const std::string_view text = name ? name : "";
      if (text.ends_with(pickle) && text.find('/') == text.size() - pickle.size()) {
        return std::string(text.substr(0, text.size() - pickle.size() + 1));
      }
    }
    throw Error(where_, "is a zip file, but not one of torch.save (it has no data.pkl)");
  }

  bool has(const std::string& name) const {
    return zip_name_locate(zip_.get(), (folder_ + name).c_str(), 0) >= 0;
  }

  /// Size of an entry. torch.save never compresses, so it cannot be larger than the file: what
  /// claims to be is made to fill memory.
  uint64_t checked_size(const std::string& name) const {
    zip_stat_t status;
    constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat(zip_.get(), (folder_ + name).c_str(), 0, &status) != 0 ||
        (status.valid & needed) != needed) {
      throw Error(where_, "has no entry '" + name + "'", "The file is incomplete; copy it again");
    }
    if (status.comp_method != ZIP_CM_STORE || status.size > file_size_) {
      throw Error(where_, "its '" + name + "' is compressed or larger than the file",
                  "Use the file as torch.save wrote it");
    }
    return status.size;
  }

  void read(const std::string& name, void* target, uint64_t size) const {
    const std::unique_ptr<zip_file_t, CloseZip> entry(
        zip_fopen(zip_.get(), (folder_ + name).c_str(), 0));
    uint64_t done = 0;
    while (entry && done < size) {
      const auto count = zip_fread(entry.get(), static_cast<char*>(target) + done, size - done);
      if (count <= 0) break;
      done += static_cast<uint64_t>(count);
    }
    char beyond;  // reading past the end makes the library compare the checksum
    if (!entry || done != size || zip_fread(entry.get(), &beyond, 1) != 0) {
      throw Error(where_, "its '" + name + "' is damaged", "Copy the file again");
    }
  }

  std::string where_;
  uint64_t file_size_;
  std::unique_ptr<zip_t, CloseZip> zip_;
  std::string folder_;
  std::shared_ptr<MappedFile> mapped_;
  std::map<std::string, uint64_t> places_;
};

std::string first_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) {
    throw Error(path, fs::exists(path) ? "cannot be read" : "no such file");
  }
  std::array<char, torch_legacy_magic.size()> bytes{};
  file.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<size_t>(file.gcount())};
}

TensorMap torch_archive(const fs::path& path, bool map) {
  const Archive archive(path, map);
  const std::string where = path.string();
  const std::string bytes = archive.text("data.pkl", longest_pickle);
  const Pickle pickle(bytes, state_dict_globals(), where);
  return state_dict_of(
      pickle, [&](const StorageReference& reference) { return archive.storage(reference); }, where);
}

}  // namespace

TensorMap read_torch_archive(const fs::path& path) {
  if (first_bytes(path) == torch_legacy_magic) return read_torch_legacy(path);
  return torch_archive(path, /*map=*/false);
}

TensorMap read_weights(const fs::path& path) {
  const std::string bytes = first_bytes(path);
  const bool archive = bytes.starts_with("PK") || bytes == torch_legacy_magic;
  return archive ? read_torch_archive(path) : map_safetensors(path);
}

TensorMap map_weights(const fs::path& path) {
  const bool zip = path.extension() != ".json" && first_bytes(path).starts_with("PK");
  return zip ? torch_archive(path, /*map=*/true) : read_weights(path);
}

}  // namespace afterimage
