#include "afterimage/formats/pickle.h"

#include <algorithm>
#include <unordered_map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/pickle_bytes.h"

namespace afterimage {

/// The stack machine of Python's pickle module (Lib/pickletools.py says what each opcode does).
class PickleReader {
 public:
  using Kind = Pickle::Kind;
  using Ref = Pickle::Ref;

  PickleReader(Pickle& pickle, std::string_view bytes, const std::vector<std::string>& known,
               const std::string& where)
      : pickle_(pickle), bytes_(bytes, where), known_(known), where_(where) {}

  void run() {
    while (true) {
      const auto opcode = static_cast<unsigned char>(bytes_.take(1)[0]);
      if (opcode == '.') break;
      if (!literal(opcode) && !container(opcode) && !memo(opcode) && !object(opcode)) {
        fail(concat("has the pickle opcode ", int{opcode}, ", which no state dict needs"));
      }
    }
    pickle_.root_ = pop();
    pickle_.size_ = bytes_.position();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(where_, what, "Save a state dict: torch.save(model.state_dict(), file)");
  }
  [[noreturn]] void corrupt() const { bytes_.corrupt(); }

  void push(Kind kind, int64_t integer = 0, std::string text = {}, std::vector<Ref> items = {}) {
    pickle_.values_.push_back({kind, integer, std::move(text), std::move(items)});
    stack_.push_back(pickle_.values_.size() - 1);
  }

  Ref pop() {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= floor) corrupt();
    const Ref top = stack_.back();
    stack_.pop_back();
    return top;
  }

  std::vector<Ref> pop(size_t count) {
    std::vector<Ref> items(count);
    for (size_t i = count; i > 0; --i) items[i - 1] = pop();
    return items;
  }

  std::vector<Ref> pop_to_mark() {
    if (marks_.empty()) corrupt();
    std::vector<Ref> items(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void add(const std::vector<Ref>& items, Kind kind) {
    const Ref target = pop();
    stack_.push_back(target);
    auto& value = pickle_.values_[target];
    if (value.kind != kind || (kind == Kind::dict && items.size() % 2 != 0)) corrupt();
    value.items.insert(value.items.end(), items.begin(), items.end());
  }

  bool literal(unsigned char opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        if (bytes_.number(1) > 2) fail("uses a pickle protocol above 2");
        return true;
      case 'N':
        push(Kind::none);
        return true;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        push(Kind::boolean, opcode == 0x88);
        return true;
      case 'K':  // BININT1
        push(Kind::integer, static_cast<int64_t>(bytes_.number(1)));
        return true;
      case 'M':  // BININT2
        push(Kind::integer, static_cast<int64_t>(bytes_.number(2)));
        return true;
      case 'J':  // BININT
        push(Kind::integer, static_cast<int32_t>(bytes_.number(4)));
        return true;
      case 0x8a:  // LONG1
        push(Kind::integer, bytes_.long_number());
        return true;
      case 'G':  // BINFLOAT: may occur in metadata, its value is of no use to us
        bytes_.take(8);
        push(Kind::real);
        return true;
      case 'X':  // BINUNICODE
      case 'T':  // BINSTRING of Python 2
        push(Kind::text, 0, std::string(bytes_.take(bytes_.number(4))));
        return true;
      case 'U':  // SHORT_BINSTRING of Python 2
        push(Kind::text, 0, std::string(bytes_.take(bytes_.number(1))));
        return true;
      default:
        return false;
    }
  }

  bool container(unsigned char opcode) {
    switch (opcode) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ')':
        push(Kind::tuple);
        return true;
      case ']':
        push(Kind::list);
        return true;
      case '}':
        push(Kind::dict);
        return true;
      case 't':  // TUPLE
        push(Kind::tuple, 0, {}, pop_to_mark());
        return true;
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        push(Kind::tuple, 0, {}, pop(opcode - size_t{0x84}));
        return true;
      case 'a':  // APPEND
        add(pop(1), Kind::list);
        return true;
      case 'e':  // APPENDS
        add(pop_to_mark(), Kind::list);
        return true;
      case 's':  // SETITEM
        add(pop(2), Kind::dict);
        return true;
      case 'u':  // SETITEMS
        add(pop_to_mark(), Kind::dict);
        return true;
      default:
        return false;
    }
  }

  bool memo(unsigned char opcode) {
    switch (opcode) {
      case 'q':  // BINPUT
      case 'r':  // LONG_BINPUT
        if (stack_.empty()) corrupt();
        memo_[bytes_.number(opcode == 'q' ? 1 : 4)] = stack_.back();
        return true;
      case 'h':    // BINGET
      case 'j': {  // LONG_BINGET
        const auto found = memo_.find(bytes_.number(opcode == 'h' ? 1 : 4));
        if (found == memo_.end()) corrupt();
        stack_.push_back(found->second);
        return true;
      }
      default:
        return false;
    }
  }

  void reduce() {
    auto items = pop(2);
    const auto& global = pickle_.at(items[0]);
    if (global.kind != Kind::global) corrupt();
    if (global.text != "collections.OrderedDict") {
      push(Kind::call, 0, {}, std::move(items));
      return;
    }
    // Empty and filled afterwards, or from Python 2 with a list of [key, value] lists.
    std::vector<Ref> entries;
    const auto& arguments = pickle_.at(items[1]).items;
    const auto pairs = arguments.empty() ? std::vector<Ref>{} : pickle_.at(arguments[0]).items;
    for (const Ref pair : pairs) {
      const auto& both = pickle_.at(pair).items;
      if (both.size() != 2) corrupt();
      entries.insert(entries.end(), both.begin(), both.end());
    }
    push(Kind::dict, 0, {}, std::move(entries));
  }

  bool object(unsigned char opcode) {
    switch (opcode) {
      case 'c': {  // GLOBAL
        const std::string module = bytes_.line();
        const std::string name = module + "." + bytes_.line();
        if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
          fail("asks for '" + name + "', which no state dict needs; nothing of it was run");
        }
        push(Kind::global, 0, name);
        return true;
      }
      case 'R':  // REDUCE
        reduce();
        return true;
      case 'b':  // BUILD: attributes of a state dict (_metadata), which hold no tensors
        pop();
        return true;
      case 'Q':  // BINPERSID
        push(Kind::persistent, 0, {}, pop(1));
        return true;
      default:
        return false;
    }
  }

  Pickle& pickle_;
  PickleBytes bytes_;
  const std::vector<std::string>& known_;
  const std::string& where_;
  std::vector<Ref> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, Ref> memo_;
};

Pickle::Pickle(std::string_view bytes, const std::vector<std::string>& known,
               const std::string& where) {
  PickleReader(*this, bytes, known, where).run();
}

}  // namespace afterimage
