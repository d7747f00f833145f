#include "afterimage/fields/field_method.h"

#include <ATen/ops/full.h>

#include <cmath>

#include "afterimage/fields/nif.h"
#include "afterimage/fields/prf.h"
#include "afterimage/fields/reverse_correlation.h"

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
      {"reverse-correlation", "whitened, smooth map of luminance and contrast; a fast first look",
       "Sahani and Linden 2003", make<ReverseCorrelation>},
      {"nif", "neural information flow: a network that learns features and fields together",
       "Seeliger et al. 2021; Brain2Pix", make<NifMethod>},
  };
  return table;
}

}  // namespace afterimage
