#include <map>

#include "afterimage/base/error.h"
#include "afterimage/networks/feature_network.h"
#include "afterimage/networks/initialise.h"
#include "afterimage/networks/patchgan.h"
#include "afterimage/networks/unet.h"
#include "afterimage/projections/projection.h"
#include "afterimage/similarity/correlation.h"
#include "afterimage/similarity/ssim.h"
#include "afterimage/training/objective.h"
#include "binding.h"
#include "tables.h"

namespace afterimage::python {
namespace {

using Settings = std::map<std::string, std::string>;

/// A network of the library for Python to wrap: its parameters and buffers are the library's own
/// tensors.
struct Network {
  std::shared_ptr<torch::nn::Module> module;
  std::function<at::Tensor(const std::vector<at::Tensor>&)> forward;
};

void set_options(Options options, const Settings& settings, const std::string& where) {
  for (const auto& [name, value] : settings) {
    set_option(find_option(options, name, where), value, where);
  }
  check_options(options, where);
}

void check_inputs(const std::vector<at::Tensor>& inputs, size_t count, const std::string& name) {
  if (inputs.size() == count) return;
  throw Error(
      name, "takes " + std::to_string(count) + " tensors and got " + std::to_string(inputs.size()));
}

Network projection(const std::string& kind, const py::dict& columns, int64_t sensors, int64_t bins,
                   int64_t side, const Settings& settings, const Run& how) {
  auto made = make_projection(kind, "projection");
  set_options(made->options(), settings, "projection " + kind);
  made->build(sensors_of(columns, sensors), bins, side, how.context({}));
  return {made, [made, kind, sensors, bins](const std::vector<at::Tensor>& inputs) {
            check_inputs(inputs, 1, kind);
            const auto& r = inputs[0];
            if (r.dim() != 3 || r.size(1) != sensors || r.size(2) != bins) {
              throw Error("responses", "have the shape " + c10::str(r.sizes()),
                          "This projection takes (n, " + std::to_string(sensors) + ", " +
                              std::to_string(bins) + ")");
            }
            return made->forward(r);
          }};
}

Network unet(int64_t channels, const Settings& settings, const Run& how) {
  UNetOptions options;
  set_options(options.options(), settings, "UNet");
  auto made = UNet(channels, options);
  initialise(options.initialise, *made, how.context({}).generator("initialisation of the U-Net"));
  return {made.ptr(), [made](const std::vector<at::Tensor>& inputs) mutable {
            check_inputs(inputs, 1, "UNet");
            return made->forward(inputs[0]);
          }};
}

Network patchgan(int64_t channels, int64_t width, const std::string& start, const Run& how) {
  auto made = PatchGan(channels, width);
  initialise(start, *made, how.context({}).generator("initialisation of the discriminator"));
  return {made.ptr(), [made](const std::vector<at::Tensor>& inputs) mutable {
            check_inputs(inputs, 2, "PatchGAN");
            return made->forward(inputs[0], inputs[1]);
          }};
}

std::vector<std::pair<std::string, at::Tensor>> pairs(
    const torch::OrderedDict<std::string, at::Tensor>& named) {
  std::vector<std::pair<std::string, at::Tensor>> list;
  for (const auto& item : named) list.emplace_back(item.key(), item.value());
  return list;
}

/// Mean distance of images (n, 3, H, W) to targets in the features of a frozen network.
std::shared_ptr<PerceptualLoss> perceptual_loss(const std::string& network,
                                                const Settings& settings, const Run& how) {
  ObjectiveOptions options;
  options.network = network;
  set_options(options.options(), settings, "PerceptualLoss");
  options.name_layers();
  return std::make_shared<PerceptualLoss>(load_feature_network(network, how.options.weights),
                                          options);
}

}  // namespace

void bind_networks(py::module& module) {
  py::class_<Network>(module, "Network")
      .def("parameters", [](const Network& self) { return pairs(self.module->named_parameters()); })
      .def("buffers", [](const Network& self) { return pairs(self.module->named_buffers()); })
      .def("train", [](const Network& self, bool on) { self.module->train(on); })
      .def("forward", [](const Network& self, const std::vector<at::Tensor>& inputs) {
        const py::gil_scoped_release unlocked;
        return self.forward(inputs);
      });
  module.def("projection", &projection, py::arg("kind"), py::arg("sensors"), py::arg("count"),
             py::arg("bins"), py::arg("side"), py::arg("settings"), py::arg("run"));
  module.def("unet", &unet, py::arg("channels"), py::arg("settings"), py::arg("run"));
  module.def("patchgan", &patchgan, py::arg("channels"), py::arg("width"), py::arg("initialise"),
             py::arg("run"));
  module.def("projections", [] {
    std::vector<std::string> names;
    for (const auto& entry : projection_table()) names.push_back(entry.name);
    return names;
  });

  py::class_<PerceptualLoss, std::shared_ptr<PerceptualLoss>>(module, "PerceptualLoss")
      .def(py::init(&perceptual_loss), py::arg("network"), py::arg("settings"), py::arg("run"))
      .def("__call__",
           [](const PerceptualLoss& self, const at::Tensor& images, const at::Tensor& targets) {
             const py::gil_scoped_release unlocked;
             return self(images, self.target_features(targets));
           });

  module.def("luminance", &luminance);
  module.def("structural_similarity", &structural_similarity);
  module.def("multi_scale_similarity", &multi_scale_similarity);
  module.def("ssim_loss", &ssim_loss);
  module.def("pearson", [](const at::Tensor& x, const at::Tensor& y) {
    return pearson_of_moments(moments(x, y));
  });
  module.def("similarity", &similarity);
  module.def("two_way_identification", &two_way_identification);
  module.def("top_identification", &top_identification);
}

}  // namespace afterimage::python
