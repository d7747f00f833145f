#include "afterimage/decoders/session.h"

namespace afterimage {

at::Tensor Session::decode(const at::Tensor& responses) {
  const at::Tensor standard = model_.standardise(responses.unsqueeze(0), {block_});
  return model_.decoder().reconstruct(standard).squeeze(0);
}

}  // namespace afterimage
