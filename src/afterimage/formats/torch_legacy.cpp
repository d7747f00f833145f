#include "afterimage/formats/torch_legacy.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "afterimage/base/error.h"
#include "afterimage/formats/state_dict.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

constexpr size_t longest_head = size_t{16} << 20;  // the pickles of a state dict are far smaller

class LegacyReader {
 public:
  explicit LegacyReader(const fs::path& path)
      : where_(path.string()), file_(path, std::ios::binary), size_(fs::file_size(path)) {
    head_.resize(std::min<size_t>(size_, longest_head));
    file_.read(head_.data(), static_cast<std::streamsize>(head_.size()));
    if (!file_) throw Error(where_, "cannot be read");
  }

  TensorMap read() {
    for (int i = 0; i < 3; ++i) next_pickle();  // magic number, version, system
    const Pickle state = next_pickle();
    const Pickle keys = next_pickle();
    locate_storages(state, keys);
    return state_dict_of(
        state, [&](const StorageReference& reference) { return storage(reference); }, where_);
  }

 private:
  struct Place {
    uint64_t position;
    int64_t count;
  };

  [[noreturn]] void truncated() const {
    throw Error(where_, "ends before its last tensor", "The file is truncated; copy it again");
  }

  Pickle next_pickle() {
    Pickle pickle(std::string_view(head_).substr(position_), state_dict_globals(), where_);
    position_ += pickle.size();
    return pickle;
  }

  /// Storages follow each other in the order of `keys`; how long one is depends on its type, which
  /// only the references to it tell.
  void locate_storages(const Pickle& state, const Pickle& keys) {
    std::map<std::string, uint64_t> element_size;
    for (const auto& value : state.values()) {
      if (value.kind != Pickle::Kind::persistent) continue;
      const auto reference = storage_reference(state, value, where_);
      element_size[reference.key] = c10::elementSize(reference.type);
    }
    uint64_t position = position_;
    for (const auto ref : keys.root().items) {
      const auto size = element_size.find(keys.at(ref).text);
      if (size == element_size.end()) throw Error(where_, "has a storage that nothing refers to");
      int64_t count = 0;
      file_.seekg(static_cast<std::streamoff>(position));
      file_.read(reinterpret_cast<char*>(&count), sizeof count);
      position += sizeof count;
      const uint64_t left = file_ ? size_ - position : 0;
      if (!file_ || count < 0 || static_cast<uint64_t>(count) > left / size->second) truncated();
      places_[size->first] = {position, count};
      position += static_cast<uint64_t>(count) * size->second;
    }
  }

  at::Tensor storage(const StorageReference& reference) {
    const auto place = places_.find(reference.key);
    if (place == places_.end() || place->second.count != reference.count) {
      throw Error(where_, "has no storage '" + reference.key + "' of the size said",
                  "The file is corrupt");
    }
    const bool boolean = reference.type == at::kBool;
    at::Tensor elements = at::empty({reference.count}, boolean ? at::kByte : reference.type);
    file_.seekg(static_cast<std::streamoff>(place->second.position));
    file_.read(static_cast<char*>(elements.data_ptr()),
               static_cast<std::streamsize>(elements.nbytes()));
    if (!file_) truncated();
    return boolean ? elements.ne(0) : elements;
  }

  std::string where_;
  std::ifstream file_;
  uint64_t size_;
  std::string head_;
  size_t position_ = 0;
  std::map<std::string, Place> places_;
};

}  // namespace

TensorMap read_torch_legacy(const fs::path& path) { return LegacyReader(path).read(); }

}  // namespace afterimage
