#include "afterimage/base/provenance.h"
#include "afterimage/decoders/model.h"
#include "afterimage/decoders/session.h"
#include "afterimage/recordings/array_trials.h"
#include "afterimage/recordings/bins.h"
#include "binding.h"
#include "tables.h"

namespace afterimage::python {
namespace {

using Names = std::vector<std::string>;

/// A model and what it was made of, for the provenance of its folder.
struct Trained {
  Model model;
  nlohmann::json provenance;
};

nlohmann::json provenance_of(const std::string& command, const RunContext& run,
                             const std::string& config,
                             const std::vector<std::filesystem::path>& inputs) {
  return provenance(command, run.to_json(), {{"config", config}}, inputs);
}

/// Trains into a folder, as the command `train` does, with checkpoints, or in memory.
std::shared_ptr<Trained> fit_recording(const std::string& config, const Names& settings,
                                       const Recording& recording, const std::string& out,
                                       bool resume, bool force, const std::string& command,
                                       const Run& how) {
  const Config chosen = config_of(config, settings);
  Model::check(chosen);
  return interruptibly<std::shared_ptr<Trained>>(how, [&](const RunContext& run) {
    const auto made = provenance_of(command, run, chosen.source(), {recording.path()});
    if (!out.empty()) {
      return std::make_shared<Trained>(
          Trained{Model::train(chosen, recording, run, {out, resume, force}, made), made});
    }
    auto model = Model::untrained(chosen, recording, run);
    model.fit(recording, model.trials(recording, model.train_split()), {run, {}, false, {}});
    return std::make_shared<Trained>(Trained{std::move(model), made});
  });
}

std::shared_ptr<Trained> fit_arrays(const std::string& config, const Names& settings,
                                    const TrialArrays& arrays, const std::vector<int64_t>& trials,
                                    const py::dict& columns, const std::string& command,
                                    const Run& how) {
  const Config chosen = config_of(config, settings);
  Model::check(chosen);
  const Sensors sensors =
      sensors_of(columns, arrays.responses.dim() == 3 ? arrays.responses.size(1) : 0);
  return interruptibly<std::shared_ptr<Trained>>(how, [&](const RunContext& run) {
    arrays.check();
    auto model = Model::untrained(chosen, sensors, arrays.bins, run);
    model.fit(arrays, trials, {run, {}, false, {}});
    return std::make_shared<Trained>(
        Trained{std::move(model), provenance_of(command, run, chosen.source(), {})});
  });
}

/// (n, sensor, bin) float32 as recorded -> (n, 3, size, size) float32.
at::Tensor predict(Trained& self, const at::Tensor& responses, const std::vector<int64_t>& blocks,
                   int64_t batch, const Run& how) {
  if (responses.dim() == 3 && responses.size(0) == 1 && blocks.empty()) {
    const py::gil_scoped_release unlocked;  // one sample: no thread, no wait
    return Session(self.model).decode(responses[0]).unsqueeze(0);
  }
  return interruptibly<at::Tensor>(how, [&](const RunContext& run) {
    const auto given = self.model.standardise(responses, blocks);
    std::vector<at::Tensor> images;
    for (int64_t first = 0; first < given.size(0); first += batch) {
      const auto part = given.narrow(0, first, std::min(batch, given.size(0) - first));
      images.push_back(self.model.decoder().reconstruct(part, {run, first}));
    }
    return at::cat(images);
  });
}

void save(Trained& self, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  self.model.save(folder, self.provenance);
}

}  // namespace

void bind_models(py::module& module) {
  py::class_<Trained, std::shared_ptr<Trained>>(module, "Model")
      .def_static("fit_recording", &fit_recording, py::arg("config"), py::arg("settings"),
                  py::arg("recording"), py::arg("out"), py::arg("resume"), py::arg("force"),
                  py::arg("command"), py::arg("run"))
      .def_static("fit_arrays", &fit_arrays, py::arg("config"), py::arg("settings"),
                  py::arg("arrays"), py::arg("trials"), py::arg("sensors"), py::arg("command"),
                  py::arg("run"))
      .def_static(
          "load",
          [](const std::filesystem::path& folder, const Run& how) {
            const RunContext run = how.context({});
            Model model = Model::load(folder, run);
            const auto made = model.card().value("provenance", nlohmann::json());
            return std::make_shared<Trained>(Trained{std::move(model), made});
          },
          py::arg("folder"), py::arg("run"))
      .def("save", &save, py::arg("folder"))
      .def("predict", &predict, py::arg("responses"), py::arg("blocks"), py::arg("batch"),
           py::arg("run"))
      .def(
          "reconstruct",
          [](Trained& self, const Recording& recording, const std::string& split,
             bool average_repeats, const Names& controls, const std::string& command,
             const Run& how) {
            return interruptibly<std::shared_ptr<Reconstruction>>(how, [&](const RunContext& run) {
              ReconstructOptions options;
              options.split = split;
              options.average_repeats = average_repeats;
              options.controls = controls;
              options.cache = false;
              auto result =
                  std::make_shared<Reconstruction>(self.model.reconstruct(recording, options, run));
              result->provenance = provenance(command, run.to_json(), to_json(options.options()),
                                              {recording.path()});
              return result;
            });
          },
          py::arg("recording"), py::arg("split"), py::arg("average_repeats"), py::arg("controls"),
          py::arg("command"), py::arg("run"))
      .def_property_readonly("name", [](const Trained& self) { return self.model.name(); })
      .def_property_readonly("decoder",
                             [](const Trained& self) { return self.model.decoder_name(); })
      .def_property_readonly("sensors",
                             [](const Trained& self) { return self.model.input().sensors.name; })
      .def_property_readonly("bins",
                             [](const Trained& self) { return pairs_of(self.model.input().bins); })
      .def_property_readonly("image_size",
                             [](const Trained& self) { return self.model.input().image_size; })
      .def("bin_rows",
           [](const Trained& self, const std::vector<std::pair<double, double>>& recorded) {
             return find_bins(bins_of(recorded), self.model.input().bins, "bins");
           })
      .def("settings", [](Trained& self) { return to_python(self.model.settings()); })
      .def("card", [](const Trained& self) { return to_python(self.model.card()); });

  module.def("option_names", [](const std::string& config, const Names& settings) {
    return Model::option_names(config_of(config, settings));
  });
  module.def("check_configuration", [](const std::string& config, const Names& settings) {
    Model::check(config_of(config, settings));
  });
  module.def("shipped_configs", [] { return shipped_configs(); });
}

}  // namespace afterimage::python
