#include "afterimage/evaluation/checks/check_text.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>

#include "afterimage/base/text.h"

namespace afterimage {

std::string decimals(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string estimate_text(const Estimated& estimate) {
  if (!std::isfinite(estimate.low)) return decimals(estimate.mean);
  return concat(decimals(estimate.mean), " (", decimals(estimate.low), " to ",
                decimals(estimate.high), ")");
}

std::string percent(double share) { return decimals(100 * share, 0) + " %"; }

std::string counted(int64_t count, const std::string& noun) {
  return concat(count, " ", noun, count == 1 ? "" : "s");
}

std::vector<int64_t> rows_where(const at::Tensor& values) {
  const auto rows = values.nonzero().flatten().contiguous();
  return {rows.const_data_ptr<int64_t>(), rows.const_data_ptr<int64_t>() + rows.numel()};
}

std::vector<int64_t> lowest_rows(const at::Tensor& values, int64_t count) {
  const auto order = values.argsort(/*stable=*/true, 0, false);
  const auto first = order.narrow(0, 0, std::min(count, order.size(0))).contiguous();
  return {first.const_data_ptr<int64_t>(), first.const_data_ptr<int64_t>() + first.numel()};
}

}  // namespace afterimage
