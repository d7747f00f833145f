#include "afterimage/formats/state_dict.h"

#include <algorithm>
#include <array>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Kind = Pickle::Kind;
using Value = Pickle::Value;

struct StorageType {
  const char* name;
  at::ScalarType type;
};

constexpr std::array storage_types{StorageType{"torch.DoubleStorage", at::kDouble},
                                   StorageType{"torch.FloatStorage", at::kFloat},
                                   StorageType{"torch.HalfStorage", at::kHalf},
                                   StorageType{"torch.BFloat16Storage", at::kBFloat16},
                                   StorageType{"torch.LongStorage", at::kLong},
                                   StorageType{"torch.IntStorage", at::kInt},
                                   StorageType{"torch.ShortStorage", at::kShort},
                                   StorageType{"torch.CharStorage", at::kChar},
                                   StorageType{"torch.ByteStorage", at::kByte},
                                   StorageType{"torch.BoolStorage", at::kBool}};

constexpr const char* ordered_dict = "collections.OrderedDict";
constexpr const char* rebuild_tensor = "torch._utils._rebuild_tensor";  // before PyTorch 0.4
constexpr const char* rebuild_tensor_v2 = "torch._utils._rebuild_tensor_v2";
constexpr const char* rebuild_parameter = "torch._utils._rebuild_parameter";
constexpr size_t most_dimensions = 32;

class StateDictReader {
 public:
  StateDictReader(const Pickle& pickle, const LoadStorage& load, const std::string& where)
      : pickle_(pickle), load_(load), where_(where) {}

  TensorMap read() {
    const Value* dict = &pickle_.root();
    if (dict->kind != Kind::dict) no_state_dict("holds no state dict");
    const Value* inner = entry(*dict, "state_dict");
    if (inner && inner->kind == Kind::dict) dict = inner;
    TensorMap tensors;
    for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
      const Value& key = pickle_.at(dict->items[i]);
      if (key.kind != Kind::text) no_state_dict("has a key that is no text");
      tensors.insert_or_assign(key.text, tensor(pickle_.at(dict->items[i + 1]), key.text));
    }
    return tensors;
  }

 private:
  [[noreturn]] void no_state_dict(const std::string& what) const {
    throw Error(where_, what, "Save a state dict: torch.save(model.state_dict(), file)");
  }
  [[noreturn]] void bad(const std::string& name, const char* what) const {
    throw Error(where_, "tensor '" + name + "' " + what, "The file is corrupt");
  }

  bool calls(const Value& value, std::string_view global) const {
    return value.kind == Kind::call && pickle_.at(value.items[0]).text == global;
  }

  const Value* entry(const Value& dict, std::string_view name) const {
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const Value& key = pickle_.at(dict.items[i]);
      if (key.kind == Kind::text && key.text == name) return &pickle_.at(dict.items[i + 1]);
    }
    return nullptr;
  }

  std::vector<int64_t> sizes(const Value& value, const std::string& name) const {
    if (value.kind != Kind::tuple && value.kind != Kind::list) bad(name, "has no list of sizes");
    std::vector<int64_t> list;
    for (const auto ref : value.items) {
      const Value& item = pickle_.at(ref);
      if (item.kind != Kind::integer || item.integer < 0) bad(name, "has a size that is no number");
      list.push_back(item.integer);
    }
    if (list.size() > most_dimensions) bad(name, "has too many dimensions");
    return list;
  }

  at::Tensor tensor(const Value& value, const std::string& name) {
    if (calls(value, rebuild_parameter)) {
      const auto& arguments = pickle_.at(value.items[1]).items;
      if (arguments.empty()) bad(name, "is a parameter of nothing");
      return rebuilt(pickle_.at(arguments[0]), name);
    }
    return rebuilt(value, name);
  }

  at::Tensor rebuilt(const Value& value, const std::string& name) {
    if (!calls(value, rebuild_tensor_v2) && !calls(value, rebuild_tensor)) {
      no_state_dict("has something under '" + name + "' that is no tensor");
    }
    const auto& arguments = pickle_.at(value.items[1]).items;  // storage, offset, sizes, strides
    if (arguments.size() < 4) bad(name, "is incomplete");
    const auto reference = storage_reference(pickle_, pickle_.at(arguments[0]), where_);
    const Value& offset = pickle_.at(arguments[1]);
    const auto shape = sizes(pickle_.at(arguments[2]), name);
    const auto strides = sizes(pickle_.at(arguments[3]), name);
    if (offset.kind != Kind::integer || shape.size() != strides.size()) bad(name, "is malformed");
    check_extent(reference.count, offset.integer, shape, strides, name);
    return storage(reference).as_strided(shape, strides, offset.integer).contiguous();
  }

  /// Every element must lie inside the storage, and there may not be more of them than it holds: a
  /// small file could else ask for any amount of memory.
  void check_extent(int64_t count, int64_t offset, const std::vector<int64_t>& shape,
                    const std::vector<int64_t>& strides, const std::string& name) const {
    int64_t elements = 1, last = offset;
    bool overflow = offset < 0 || offset > count;
    for (size_t d = 0; d < shape.size(); ++d) {
      int64_t reach = 0;
      overflow |= __builtin_mul_overflow(elements, std::max<int64_t>(shape[d], 1), &elements);
      overflow |= __builtin_mul_overflow(std::max<int64_t>(shape[d] - 1, 0), strides[d], &reach);
      overflow |= __builtin_add_overflow(last, reach, &last);
    }
    const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
    if (overflow || (!empty && last >= count)) bad(name, "reaches beyond its storage");
    if (!empty && elements > count) {
      throw Error(where_, "tensor '" + name + "' repeats the elements of its storage",
                  "Save its .contiguous() copy");
    }
  }

  const at::Tensor& storage(const StorageReference& reference) {
    const auto found = storages_.find(reference.key);
    if (found == storages_.end()) {
      return storages_.emplace(reference.key, load_(reference)).first->second;
    }
    if (found->second.scalar_type() != reference.type || found->second.numel() != reference.count) {
      throw Error(where_, "refers to storage '" + reference.key + "' in two ways",
                  "The file is corrupt");
    }
    return found->second;
  }

  const Pickle& pickle_;
  const LoadStorage& load_;
  const std::string& where_;
  TensorMap storages_;
};

}  // namespace

const std::vector<std::string>& state_dict_globals() {
  static const std::vector<std::string> globals = [] {
    std::vector<std::string> names{ordered_dict, rebuild_tensor, rebuild_tensor_v2,
                                   rebuild_parameter};
    // What training frameworks keep beside a state dict (PyTorch Lightning's callbacks and losses):
    // never looked at.
    for (const char* beside : {"pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
                               "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
                               "numpy.dtype", "_codecs.encode"}) {
      names.emplace_back(beside);
    }
    for (const auto& storage : storage_types) names.emplace_back(storage.name);
    return names;
  }();
  return globals;
}

StorageReference storage_reference(const Pickle& pickle, const Value& value,
                                   const std::string& where) {
  // ("storage", type, key, device, count) and, before PyTorch 1.6, a view, which must be none.
  const auto fail = [&]() -> StorageReference {
    throw Error(where, "refers to a storage in an unknown way", "The file is corrupt");
  };
  if (value.kind != Kind::persistent) return fail();
  const auto& items = pickle.at(value.items[0]).items;
  if (items.size() < 5 || items.size() > 6) return fail();
  const Value &type = pickle.at(items[1]), &key = pickle.at(items[2]), &count = pickle.at(items[4]);
  const auto known =
      std::find_if(storage_types.begin(), storage_types.end(),
                   [&](const StorageType& storage) { return storage.name == type.text; });
  const bool view = items.size() == 6 && pickle.at(items[5]).kind != Kind::none;
  if (pickle.at(items[0]).text != "storage" || type.kind != Kind::global ||
      known == storage_types.end() || key.kind != Kind::text || count.kind != Kind::integer ||
      count.integer < 0 || view) {
    return fail();
  }
  return {key.text, known->type, count.integer};
}

TensorMap state_dict_of(const Pickle& pickle, const LoadStorage& load, const std::string& where) {
  return StateDictReader(pickle, load, where).read();
}

}  // namespace afterimage
