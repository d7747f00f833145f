#include "afterimage/base/batches.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/array_trials.h"
#include "afterimage/recordings/recording.h"
#include "binding.h"
#include "tables.h"

namespace afterimage::python {
namespace {

constexpr int64_t rows_at_a_time = 256;

RecordingInfo info_of(const TrialArrays& arrays, const py::dict& columns,
                      const std::vector<std::string>& split) {
  RecordingInfo info;
  info.sensors = sensors_of(columns, arrays.responses.size(1));
  info.bins = arrays.bins;
  info.height = arrays.images.size(2);
  info.width = arrays.images.size(3);
  for (int64_t i = 0; i < arrays.images.size(0); ++i) {
    info.stimulus_name.push_back(concat("image ", i));
    info.stimulus_source.push_back(arrays.source.empty() ? info.stimulus_name.back()
                                                         : arrays.source[static_cast<size_t>(i)]);
  }
  info.trials = {arrays.stimulus, count_repeats(arrays.stimulus), arrays.block, split};
  info.trials.block.resize(arrays.stimulus.size(), 0);
  return info;
}

/// Writes arrays as a recording, piece by piece.
void write(const TrialArrays& arrays, const std::filesystem::path& path, const py::dict& columns,
           const std::vector<std::string>& split, bool force) {
  const RecordingInfo info = info_of(arrays, columns, split);
  const auto bins = all_rows(arrays.responses.size(2));
  const py::gil_scoped_release unlocked;
  RecordingWriter writer(path, info, force);
  for (const auto& some : arrays.images.split(rows_at_a_time)) {
    writer.append_images(as_bytes(some));
  }
  for_batches(all_rows(arrays.responses.size(0)), rows_at_a_time, [&](int64_t, const auto& trials) {
    writer.append_responses(arrays.read_responses(trials, bins));
  });
  writer.finish();
}

}  // namespace

void bind_recordings(py::module& module) {
  py::class_<TrialArrays>(module, "TrialArrays")
      .def(py::init([](at::Tensor responses, at::Tensor images,
                       const std::vector<std::pair<double, double>>& bins,
                       std::vector<int64_t> stimulus, std::vector<int64_t> block,
                       std::vector<std::string> source) {
             TrialArrays arrays{std::move(responses), std::move(images), bins_of(bins),
                                std::move(stimulus),  std::move(block),  std::move(source)};
             arrays.check();
             return arrays;
           }),
           py::arg("responses"), py::arg("images"), py::arg("bins"), py::arg("stimulus"),
           py::arg("block"), py::arg("source"))
      .def("write", &write, py::arg("path"), py::arg("sensors"), py::arg("split"),
           py::arg("force"));

  py::class_<Recording, std::shared_ptr<Recording>>(module, "Recording")
      .def(py::init<std::filesystem::path>())
      .def("sensors", [](const Recording& self) { return columns_of(self.info().sensors); })
      .def("bins", [](const Recording& self) { return pairs_of(self.info().bins); })
      .def("trials",
           [](const Recording& self) {
             const auto& trials = self.info().trials;
             return py::dict(py::arg("stimulus") = trials.stimulus,
                             py::arg("repeat") = trials.repeat, py::arg("block") = trials.block,
                             py::arg("split") = trials.split);
           })
      .def("stimuli",
           [](const Recording& self) {
             return py::dict(py::arg("name") = self.info().stimulus_name,
                             py::arg("source") = self.info().stimulus_source);
           })
      .def("image_size",
           [](const Recording& self) {
             return py::make_tuple(self.info().height, self.info().width);
           })
      .def("splits", [](const Recording& self) { return self.info().splits(); })
      .def("trials_of",
           [](const Recording& self, const std::string& split) {
             return self.info().trials_of(split, self.path().string());
           })
      .def("provenance", [](const Recording& self) { return to_python(self.info().provenance); })
      .def("responses",
           [](const Recording& self, const std::vector<int64_t>& trials) {
             const py::gil_scoped_release unlocked;
             return self.responses(trials);
           })
      .def("images", [](const Recording& self, const std::vector<int64_t>& stimuli) {
        const py::gil_scoped_release unlocked;
        return self.images(stimuli);
      });

  py::class_<Reconstruction, std::shared_ptr<Reconstruction>>(module, "Reconstruction")
      .def_static("load", &Reconstruction::load)
      .def("save", &Reconstruction::save, py::arg("path"), py::arg("force"))
      .def_readonly("name", &Reconstruction::name)
      .def_readonly("split", &Reconstruction::split)
      .def_readonly("stimulus", &Reconstruction::stimulus)
      .def_readonly("trials_averaged", &Reconstruction::trials_averaged)
      .def_readonly("images", &Reconstruction::images)
      .def_readonly("controls", &Reconstruction::controls);
}

}  // namespace afterimage::python
