#include "afterimage/decoders/state_tensor.h"

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"

namespace afterimage {

const at::Tensor& state_tensor(const TensorMap& state, const std::string& name,
                               const std::vector<int64_t>& shape, const std::string& where) {
  const auto found = state.find(name);
  if (found == state.end()) {
    throw Error(where, "the model has no '" + name + "'", "Use the model with its own decoder");
  }
  const auto sizes = found->second.sizes().vec();
  if (!shape_fits(sizes, shape)) {
    throw Error(where, "'" + name + "' has shape " + shape_text(sizes),
                "This recording and these options need " + shape_text(shape));
  }
  return found->second;
}

}  // namespace afterimage
