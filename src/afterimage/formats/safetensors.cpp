#include "afterimage/formats/safetensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mapped_file.h"
#include "afterimage/formats/safetensors_types.h"
#include "afterimage/formats/torch_archive.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;
using namespace safetensors;
using nlohmann::json;

constexpr uint64_t longest_header = 100'000'000;  // the limit of the reference implementation

/// One tensor of the header, checked against itself but not yet against the others.
struct Entry {
  std::string name;
  at::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;  // bytes from the start of the data
};

class Reader {
 public:
  explicit Reader(const fs::path& path)
      : path_(path), file_(std::make_shared<MappedFile>(path)), size_(file_->size()) {}

  TensorMap map(TextMap* metadata) {
    const json header = read_header();
    const uint64_t data_size = size_ - data_start_;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == metadata_key) {
        read_metadata(value, metadata);
      } else {
        entries.push_back(entry(name, value));
      }
    }
    check_layout(entries, data_size);
    TensorMap tensors;
    for (const auto& each : entries) tensors.emplace(each.name, map_tensor(each));
    return tensors;
  }

 private:
  [[noreturn]] void fail(std::string_view what, std::string_view right = {}) const {
    throw Error(path_, what, right);
  }

  json read_header() {
    uint64_t length = 0;
    if (size_ < length_bytes) fail("is too short for a safetensors file");
    std::memcpy(&length, file_->data(), length_bytes);
    if (length > longest_header || length > size_ - length_bytes) {
      fail(concat("its header claims ", length, " bytes, the file has ", size_),
           "It is truncated or no safetensors file");
    }
    data_start_ = length_bytes + length;
    return parse(std::string(file_->data() + length_bytes, length));
  }

  /// JSON in which no key occurs twice: which of two tensors would be meant?
  json parse(const std::string& text) const {
    std::vector<std::set<std::string>> open_objects;
    const auto watch = [&](int, json::parse_event_t event, json& value) {
      if (event == json::parse_event_t::object_start) open_objects.emplace_back();
      if (event == json::parse_event_t::object_end) open_objects.pop_back();
      if (event == json::parse_event_t::key &&
          !open_objects.back().insert(value.get<std::string>()).second) {
        fail("its header has '" + value.get<std::string>() + "' twice");
      }
      return true;
    };
    try {
      json header = json::parse(text, watch);
      if (!header.is_object()) fail("its header is no JSON object");
      return header;
    } catch (const json::exception& problem) {
      fail(concat("its header is no valid JSON (", problem.what(), ")"));
    }
  }

  void read_metadata(const json& value, TextMap* metadata) const {
    if (!value.is_object()) fail("its __metadata__ is no JSON object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail("its __metadata__ '" + key + "' is no text");
      if (metadata) metadata->insert_or_assign(key, text.get<std::string>());
    }
  }

  std::vector<uint64_t> numbers(const json& value, const char* key, const std::string& name) const {
    const auto found = value.find(key);
    if (found == value.end() || !found->is_array()) {
      fail(concat("tensor '", name, "' has no list '", key, "'"));
    }
    std::vector<uint64_t> list;
    for (const auto& number : *found) {
      if (!number.is_number_unsigned() ||
          number.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
        fail(concat("tensor '", name, "' has an entry in '", key, "' that is no size"),
             "Sizes are whole numbers from 0 to 2^63 - 1");
      }
      list.push_back(number.get<uint64_t>());
    }
    return list;
  }

  Entry entry(const std::string& name, const json& value) const {
    if (!value.is_object()) fail("tensor '" + name + "' is no JSON object");
    const std::string type_name =
        value.contains("dtype") && value["dtype"].is_string() ? value["dtype"] : json("none");
    const auto type = std::find_if(type_names.begin(), type_names.end(),
                                   [&](const TypeName& known) { return known.name == type_name; });
    if (type == type_names.end()) {
      fail(concat("tensor '", name, "' has the element type ", type_name),
           "Known are F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL");
    }
    const auto shape = numbers(value, "shape", name);
    const auto offsets = numbers(value, "data_offsets", name);
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
      fail("tensor '" + name + "' has bad data_offsets", "They are [begin, end]");
    }
    const uint64_t bytes = byte_size(shape, c10::elementSize(type->type), name);
    if (bytes != offsets[1] - offsets[0]) {
      fail(concat("tensor '", name, "' has ", offsets[1] - offsets[0], " bytes"),
           concat("Its shape and type need ", bytes));
    }
    return {name, type->type, {shape.begin(), shape.end()}, offsets[0], offsets[1]};
  }

  uint64_t byte_size(const std::vector<uint64_t>& shape, uint64_t element,
                     const std::string& name) const {
    int64_t extent = static_cast<int64_t>(element);  // as if no size were 0: strides must fit too
    bool empty = false;
    for (const uint64_t size : shape) {
      empty = empty || size == 0;
      if (__builtin_mul_overflow(extent, std::max<uint64_t>(size, 1), &extent)) {
        fail("tensor '" + name + "' has a shape too large for any memory");
      }
    }
    return empty ? 0 : static_cast<uint64_t>(extent);
  }

  /// The tensors must tile the data: no overlap, no gap, nothing left over (as the format demands).
  void check_layout(std::vector<Entry>& entries, uint64_t data_size) const {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
    });
    uint64_t position = 0;
    for (const auto& each : entries) {
      if (each.end > data_size) {
        fail(concat("tensor '", each.name, "' ends at byte ", each.end, " of ", data_size),
             "The file is truncated or corrupt");
      }
      if (each.begin != position) {
        fail(concat("tensor '", each.name, "' starts at byte ", each.begin),
             concat("The one before ends at ", position, "; overlaps and gaps are not allowed"));
      }
      position = each.end;
    }
    if (position != data_size) {
      fail(concat("has ", data_size - position, " bytes after its last tensor"));
    }
  }

  /// The tensor over the file's bytes, or a copy where they do not lie as the type wants.
  at::Tensor map_tensor(const Entry& entry) const {
    const bool boolean = entry.type == at::kBool;
    const auto type = boolean ? at::kByte : entry.type;
    char* const bytes = file_->data() + data_start_ + entry.begin;
    if (reinterpret_cast<uintptr_t>(bytes) % c10::elementSize(type) != 0) {
      at::Tensor tensor = at::empty(entry.shape, type);
      std::memcpy(tensor.data_ptr(), bytes, entry.end - entry.begin);
      return tensor;
    }
    at::Tensor tensor = at::from_blob(
        bytes, entry.shape, [keep = file_](void*) {}, type);
    return boolean ? tensor.ne(0) : tensor;  // any byte but 0 and 1 is no valid bool in memory
  }

  fs::path path_;
  std::shared_ptr<MappedFile> file_;
  uint64_t size_ = 0;
  uint64_t data_start_ = 0;
};

/// The names of the shards an index lists, each with the tensors it is to hold.
std::map<std::string, std::vector<std::string>> shards_of(const fs::path& index) {
  const json list = json::parse(read_text(index), nullptr, /*allow_exceptions=*/false);
  const auto weights = list.is_object() ? list.find("weight_map") : list.end();
  if (!list.is_object() || weights == list.end() || !weights->is_object()) {
    throw Error(index, "is no index of sharded weights", "It has an object 'weight_map'");
  }
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, shard] : weights->items()) {
    const auto name = shard.is_string() ? shard.get<std::string>() : std::string();
    if (name.empty() || fs::path(name).filename() != name) {
      throw Error(index, "names no file beside it for '" + tensor + "'");
    }
    shards[name].push_back(tensor);
  }
  return shards;
}

TensorMap map_shards(const fs::path& index, TextMap* metadata) {
  TensorMap all;
  for (const auto& [name, tensors] : shards_of(index)) {
    const fs::path path = index.parent_path() / name;
    if (!fs::exists(path)) {
      throw Error(index, "its shard '" + name + "' is missing", "All shards lie beside the index");
    }
    TensorMap shard =
        path.extension() == ".safetensors" ? Reader(path).map(metadata) : map_weights(path);
    for (const auto& tensor : tensors) {
      const auto found = shard.find(tensor);
      if (found == shard.end()) throw Error(path, "lacks '" + tensor + "', which its index names");
      all.insert(shard.extract(found));
    }
  }
  return all;
}

}  // namespace

TensorMap map_safetensors(const fs::path& path, TextMap* metadata) {
  return path.extension() == ".json" ? map_shards(path, metadata) : Reader(path).map(metadata);
}

TensorMap read_safetensors(const fs::path& path, TextMap* metadata) {
  TensorMap tensors = map_safetensors(path, metadata);
  for (auto& [name, tensor] : tensors) tensor = tensor.clone();
  return tensors;
}

TensorMap state_under(const TensorMap& state, const std::string& prefix) {
  TensorMap part;
  for (const auto& [name, tensor] : state) {
    if (name.starts_with(prefix)) part[name.substr(prefix.size())] = tensor;
  }
  return part;
}

void add_under(TensorMap& state, const std::string& prefix, const TensorMap& part) {
  for (const auto& [name, tensor] : part) state[prefix + name] = tensor;
}

}  // namespace afterimage
