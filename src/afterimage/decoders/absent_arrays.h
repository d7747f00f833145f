#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/decoder.h"
#include "afterimage/projections/capabilities.h"

namespace afterimage {

/// Arrays that a decoder goes without while this lives: its attention leaves them out, beside those
/// it was trained without. Errors: a decoder whose projection is not `attention`; no such array;
/// none that would be left.
class AbsentArrays {
 public:
  AbsentArrays(Decoder& decoder, const std::vector<std::string>& arrays);
  ~AbsentArrays();
  AbsentArrays(const AbsentArrays&) = delete;
  AbsentArrays& operator=(const AbsentArrays&) = delete;

  /// Standardised responses (n, sensor, bin) with those of the arrays at their training mean: what
  /// decoders see that cannot leave arrays out. The given ones when no array is absent.
  at::Tensor without(const at::Tensor& responses) const;

 private:
  HasAttention* attention_ = nullptr;  // null: no array is absent
  std::vector<bool> before_;
  std::vector<int64_t> sensors_;
};

/// Leaves out of a decoder's attention, for as long as it lives, the arrays none of whose sensors
/// it sees; `seen` (sensor) bool. Their names; none where the decoder has no attention.
std::vector<std::string> leave_out_unseen(Decoder& decoder, const at::Tensor& seen);

/// The same of arrays by name, as `leave_out_unseen` gave them. Errors name `where`: no such array.
void leave_out(Decoder& decoder, const std::vector<std::string>& arrays, const std::string& where);

}  // namespace afterimage
