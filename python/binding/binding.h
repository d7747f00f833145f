#pragma once

#include <pybind11/stl/filesystem.h>
#include <torch/extension.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/config.h"
#include "afterimage/base/run_context.h"

/// What the files of the Python module share.
namespace afterimage::python {

namespace py = pybind11;

/// How something is run: RunOptions, who hears of it (an object with `say(line)` and
/// `progress(state)`, or None) and a request to stop of its own.
struct Run {
  RunOptions options;
  py::object listener;

  /// A context for one call. Sets nothing for the process: threads are those of torch.
  RunContext context(const Cancellation& stop) const;
};

/// Runs `work` on a thread of its own, without Python's lock, and waits for it with an eye on
/// Ctrl-C: then `work` is asked to stop, and KeyboardInterrupt is raised once it has.
void run_interruptibly(const Cancellation& stop, const std::function<void()>& work);

/// The same, for what gives something back.
template <typename T>
T interruptibly(const Run& run, const std::function<T(const RunContext&)>& work) {
  const Cancellation stop;
  const RunContext context = run.context(stop);
  std::optional<T> result;
  run_interruptibly(stop, [&] { result.emplace(work(context)); });
  return std::move(*result);
}

/// A configuration by name or path with settings "key=value" on top.
Config config_of(const std::string& name, const std::vector<std::string>& settings);

py::object to_python(const nlohmann::json& json);

// Each adds its classes and functions to the module.
void bind_recordings(py::module& module);
void bind_models(py::module& module);
void bind_networks(py::module& module);

}  // namespace afterimage::python
