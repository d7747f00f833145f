#include "afterimage/fields/field_method.h"

#include <ATen/ops/full.h>

#include <cmath>

#include "afterimage/fields/prf.h"

namespace afterimage {
namespace {

template <typename T>
std::unique_ptr<FieldMethod> make() {
  return std::make_unique<T>();
}

}  // namespace

ReceptiveFields ReceptiveFields::unknown(int64_t sensors) {
  const auto nothing = [sensors] { return at::full({sensors}, std::nan(""), at::kDouble); };
  return {nothing(), nothing(), nothing(), nothing(), nothing()};
}

const std::vector<FieldMethodEntry>& field_method_table() {
  static const std::vector<FieldMethodEntry> table = {
      {"prf", "Gaussian fields over local features and a network's, grid then refinement",
       "Dumoulin and Wandell 2008; St-Yves and Naselaris 2018", make<PrfMethod>},
  };
  return table;
}

}  // namespace afterimage
