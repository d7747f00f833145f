// The module afterimage._core: what Python reaches of the library. Everything a user sees is in
// python/afterimage; this only hands objects across.
#include <chrono>
#include <thread>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/error.h"
#include "afterimage/base/provenance.h"
#include "afterimage/decoders/model.h"
#include "afterimage/formats/hdf5.h"
#include "binding.h"

namespace afterimage::python {
namespace {

/// Hands what the library says to a Python object, from whatever thread it is said.
class PythonListener : public Listener {
 public:
  explicit PythonListener(py::object listener) : listener_(std::move(listener)) {}
  ~PythonListener() override {
    const py::gil_scoped_acquire lock;
    listener_ = py::object();
  }
  void say(const std::string& line) override {
    const py::gil_scoped_acquire lock;
    listener_.attr("say")(line);
  }
  void progress(const ProgressState& state) override {
    const py::gil_scoped_acquire lock;
    listener_.attr("progress")(
        py::dict(py::arg("title") = state.title, py::arg("unit") = state.unit,
                 py::arg("note") = state.note, py::arg("total") = state.total,
                 py::arg("first") = state.first, py::arg("done") = state.done,
                 py::arg("seconds") = state.seconds, py::arg("last") = state.last));
  }

 private:
  py::object listener_;
};

}  // namespace

RunContext Run::context(const Cancellation& stop) const {
  std::shared_ptr<Listener> heard;
  if (!listener.is_none()) heard = std::make_shared<PythonListener>(listener);
  return RunContext(options, stop, heard);
}

void run_interruptibly(const Cancellation& stop, const std::function<void()>& work) {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::exception_ptr error;
  std::thread worker([&] {
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    done = true;
    ended.notify_one();
  });
  std::exception_ptr interrupt;
  {
    const py::gil_scoped_release unlocked;
    std::unique_lock lock(mutex);
    while (!done) {
      if (ended.wait_for(lock, std::chrono::milliseconds(50), [&] { return done; })) break;
      lock.unlock();
      {
        const py::gil_scoped_acquire locked;
        if (!interrupt && PyErr_CheckSignals() != 0) {
          interrupt = std::make_exception_ptr(py::error_already_set());
          stop.request();
        }
      }
      lock.lock();
    }
    lock.unlock();
    worker.join();
  }
  if (interrupt) std::rethrow_exception(interrupt);
  if (error) std::rethrow_exception(error);
}

Config config_of(const std::string& name, const std::vector<std::string>& settings) {
  Config config = Config::read(find_config(name));
  for (const auto& setting : settings) config.override_with(setting);
  return config;
}

py::object to_python(const nlohmann::json& json) {
  return py::module::import("json").attr("loads")(json.dump());
}

}  // namespace afterimage::python

PYBIND11_MODULE(_core, module) {
  using namespace afterimage;
  using namespace afterimage::python;
  hdf5::leave_exit_alone();
  py::register_exception<Error>(module, "Error", PyExc_ValueError);
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const Interrupted& stopped) {
      PyErr_SetString(PyExc_KeyboardInterrupt, stopped.what());
    } catch (const std::filesystem::filesystem_error& failure) {
      PyErr_SetString(PyExc_OSError, failure.what());
    }
  });
  module.def("version", &version);
  module.def("use_data_dir", [](const std::string& folder) { use_data_dir(folder); });
  py::class_<Run>(module, "Run")
      .def(py::init([](int64_t seed, const std::string& device, const std::string& precision,
                       const std::string& weights, py::object listener) {
             Run run;
             run.options.seed = seed;
             run.options.device = device;
             run.options.precision = precision;
             run.options.weights = weights;
             run.listener = std::move(listener);
             return run;
           }),
           py::arg("seed"), py::arg("device"), py::arg("precision"), py::arg("weights"),
           py::arg("listener"));
  bind_recordings(module);
  bind_models(module);
  bind_networks(module);
}
