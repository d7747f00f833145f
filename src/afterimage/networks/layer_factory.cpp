#include "afterimage/networks/layer_factory.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// The module a dotted name lies in, made where it is missing; `last` is the name's last part.
torch::nn::Module& module_of(torch::nn::Module& owner, const std::string& name, std::string& last) {
  std::vector<std::string> path = split(name, '.');
  last = path.back();
  path.pop_back();
  torch::nn::Module* module = &owner;
  for (const auto& part : path) {
    const auto children = module->named_children();
    module = children.contains(part)
                 ? children[part].get()
                 : module->register_module(part, std::make_shared<torch::nn::Module>()).get();
  }
  return *module;
}

}  // namespace

at::Tensor LayerFactory::take(const std::string& name, at::IntArrayRef shape) const {
  const auto found = file_.tensors.find(name);
  if (found == file_.tensors.end()) {
    throw Error(file_.where, "'" + name + "' is missing", file_.right);
  }
  if (found->second.sizes() != shape) {
    throw Error(file_.where,
                concat("'", name, "' is ", found->second.sizes(), ", ", network_, " has ", shape),
                file_.right);
  }
  // oneDNN's convolutions are up to twice as fast with channels last, and one operand decides.
  const auto format =
      shape.size() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  return found->second.to(at::kFloat).contiguous(format);
}

at::Tensor LayerFactory::parameter(const std::string& name, at::IntArrayRef shape) {
  std::string last;
  auto& module = module_of(owner_, name, last);
  return module.register_parameter(last, take(name, shape), /*requires_grad=*/false);
}

at::Tensor LayerFactory::buffer(const std::string& name, at::IntArrayRef shape) {
  std::string last;
  auto& module = module_of(owner_, name, last);
  return module.register_buffer(last, take(name, shape));
}

Layer LayerFactory::convolution(const std::string& path, int64_t in, int64_t out,
                                const Window& window, bool bias) {
  const auto weight =
      parameter(path + ".weight", {out, in / window.groups, window.kernel[0], window.kernel[1]});
  const auto offset = bias ? parameter(path + ".bias", {out}) : at::Tensor();
  return [weight, offset, window](const at::Tensor& x) {
    return at::conv2d(x, weight, offset, window.stride, window.padding, /*dilation=*/1,
                      window.groups);
  };
}

Layer LayerFactory::batch_norm(const std::string& path, int64_t channels, double epsilon) {
  const auto weight = parameter(path + ".weight", {channels});
  const auto bias = parameter(path + ".bias", {channels});
  const auto mean = buffer(path + ".running_mean", {channels});
  const auto variance = buffer(path + ".running_var", {channels});
  return [=](const at::Tensor& x) {
    return at::batch_norm(x, weight, bias, mean, variance, /*training=*/false, /*momentum=*/0,
                          epsilon, /*cudnn_enabled=*/true);
  };
}

Layer LayerFactory::layer_norm(const std::string& path, int64_t width, double epsilon) {
  const auto weight = parameter(path + ".weight", {width});
  const auto bias = parameter(path + ".bias", {width});
  return [=](const at::Tensor& x) { return at::layer_norm(x, {width}, weight, bias, epsilon); };
}

Layer LayerFactory::linear(const std::string& path, int64_t in, int64_t out) {
  const auto weight = parameter(path + ".weight", {out, in});
  const auto bias = parameter(path + ".bias", {out});
  return [=](const at::Tensor& x) { return at::linear(x, weight, bias); };
}

Layer chain(std::vector<Layer> layers) {
  return [layers = std::move(layers)](const at::Tensor& input) {
    at::Tensor x = input;
    for (const auto& layer : layers) x = layer(x);
    return x;
  };
}

Layer rectified(Layer layer) {
  return [layer = std::move(layer)](const at::Tensor& x) { return layer(x).relu_(); };
}

}  // namespace afterimage
