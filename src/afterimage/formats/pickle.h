#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace afterimage {

/// One pickle (Python's serialisation, protocol 2) read as data: the classes and functions it names
/// stay names and nothing is called. Values refer to each other by index, so that neither depth nor
/// cycles of a hostile file can hurt.
class Pickle {
 public:
  enum class Kind {
    none,
    boolean,
    integer,
    real,
    text,
    global,
    tuple,
    list,
    dict,
    call,
    persistent
  };
  using Ref = size_t;

  struct Value {
    Kind kind = Kind::none;
    int64_t integer = 0;  ///< of an integer or boolean
    std::string text;     ///< of a text; of a global its "module.name"
    /// Of a tuple or list its items; of a dict key, value, key, value, ...; of a call the global
    /// and its arguments (a tuple); of a persistent value its identifier.
    std::vector<Ref> items;
  };

  /// Reads the pickle at the start of `bytes`. `known` lists the globals that may occur. Errors
  /// name `where`: truncated, an unknown global or opcode, nonsense.
  Pickle(std::string_view bytes, const std::vector<std::string>& known, const std::string& where);

  const Value& root() const { return values_[root_]; }
  const Value& at(Ref ref) const { return values_[ref]; }
  const std::deque<Value>& values() const { return values_; }
  /// How many bytes the pickle took.
  size_t size() const { return size_; }

 private:
  friend class PickleReader;
  std::deque<Value> values_;
  Ref root_ = 0;
  size_t size_ = 0;
};

}  // namespace afterimage
