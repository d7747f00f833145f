#include "afterimage/decoders/absent_arrays.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/base/error.h"

namespace afterimage {

AbsentArrays::AbsentArrays(Decoder& decoder, const std::vector<std::string>& arrays) {
  const std::string where = "--absent";
  if (arrays.empty()) return;
  HasAttention* attention = decoder.has_attention();
  if (attention == nullptr) {
    throw Error(where, "only decoders with projection.kind = \"attention\" can leave arrays out",
                "Use such a model (irfa-16), or train this one without them (data.regions)");
  }
  auto present = attention->present();
  for (const auto& name : arrays) {
    const size_t array = attention->find_array(name, where);
    present[array] = false;
    const auto& rows = attention->sensors_of(array);
    sensors_.insert(sensors_.end(), rows.begin(), rows.end());
  }
  if (std::find(present.begin(), present.end(), true) == present.end()) {
    throw Error(where, "leaves no array", "Leave at least one in");
  }
  before_ = attention->present();
  attention->set_present(present);
  attention_ = attention;
}

AbsentArrays::~AbsentArrays() {
  if (attention_ != nullptr) attention_->set_present(before_);
}

at::Tensor AbsentArrays::without(const at::Tensor& responses) const {
  if (attention_ == nullptr) return responses;
  return responses.index_fill(1, at::tensor(sensors_, at::kLong), 0);
}

std::vector<std::string> leave_out_unseen(Decoder& decoder, const at::Tensor& seen) {
  HasAttention* attention = decoder.has_attention();
  if (attention == nullptr) return {};
  std::vector<std::string> unseen;
  const auto names = attention->arrays();
  for (size_t array = 0; array < names.size(); ++array) {
    const auto rows = at::tensor(attention->sensors_of(array), at::kLong);
    if (!seen.index_select(0, rows).any().item<bool>()) unseen.push_back(names[array]);
  }
  leave_out(decoder, unseen, "data.regions");
  return unseen;
}

void leave_out(Decoder& decoder, const std::vector<std::string>& arrays, const std::string& where) {
  HasAttention* attention = decoder.has_attention();
  if (arrays.empty() || attention == nullptr) return;
  auto present = attention->present();
  for (const auto& name : arrays) present[attention->find_array(name, where)] = false;
  if (std::find(present.begin(), present.end(), true) == present.end()) {
    throw Error(where, "leaves no array", "Leave at least one in");
  }
  attention->set_present(present);
}

}  // namespace afterimage
