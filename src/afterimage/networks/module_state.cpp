#include "afterimage/networks/module_state.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {

TensorMap module_state(const torch::nn::Module& module, const std::string& prefix) {
  TensorMap state;
  for (const auto& entry : module.named_parameters()) {
    state[prefix + entry.key()] = entry.value().detach();
  }
  for (const auto& entry : module.named_buffers()) state[prefix + entry.key()] = entry.value();
  return state;
}

void load_module_state(torch::nn::Module& module, const TensorMap& state, const std::string& prefix,
                       const std::string& where) {
  const at::NoGradGuard no_grad;
  for (auto& [name, own] : module_state(module, prefix)) {
    const auto found = state.find(name);
    if (found == state.end()) {
      throw Error(where, "'" + name + "' is missing",
                  "Give a file of a model of the same settings");
    }
    if (found->second.sizes() != own.sizes()) {
      throw Error(
          where, concat("'", name, "' is ", found->second.sizes(), ", the model has ", own.sizes()),
          "Give a file of a model of the same settings");
    }
    own.copy_(found->second);
  }
}

}  // namespace afterimage
