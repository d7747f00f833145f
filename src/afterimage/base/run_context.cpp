#include "afterimage/base/run_context.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

c10::Device chosen_device(const std::string& text) {
  if (text != "cpu" && text != "cuda" && text.rfind("cuda:", 0) != 0) {
    throw Error("--device", "'" + text + "' is no device", "Use cpu, cuda or cuda:N");
  }
  if (text == "cpu") return c10::Device(c10::kCPU);
  if (!at::hasCUDA()) {
    throw Error("--device", "this machine or this LibTorch has no CUDA device", "Use --device cpu");
  }
  try {
    const c10::Device device(text);
    const auto count = at::detail::getCUDAHooks().deviceCount();
    if (device.has_index() && device.index() >= static_cast<int>(count)) {
      throw Error("--device", concat("there is no ", text), concat("CUDA devices here: ", count));
    }
    return device;
  } catch (const c10::Error&) {
    throw Error("--device", "'" + text + "' is no device", "Use cpu, cuda or cuda:N");
  }
}

/// What OMP_NUM_THREADS asks for, or else all processors.
int default_threads() {
  const char* variable = std::getenv("OMP_NUM_THREADS");
  const std::string_view asked = variable ? variable : "";
  int threads = 0;
  std::from_chars(asked.data(), asked.data() + asked.size(), threads);
  if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, threads);
}

}  // namespace

Options RunOptions::options() {
  return {
      Option("seed", seed, "all randomness follows from it").range(0),
      Option("threads", threads, "processor threads, 0 = OMP_NUM_THREADS or else all")
          .range(0, 1024),
      Option("device", device, "cpu, cuda or cuda:N"),
      Option("precision", precision, "arithmetic of the networks").one_of({"fp32", "bf16"}),
      Option("quiet", quiet, "print results and errors only"),
      Option("weights", weights, "folder with weights of feature networks (safetensors or .pth)"),
  };
}

RunContext::RunContext(const RunOptions& options, Cancellation cancellation,
                       std::shared_ptr<Listener> listener)
    : device_(chosen_device(options.device)),
      precision_(options.precision == "bf16" ? Precision::bf16 : Precision::fp32),
      seed_(static_cast<uint64_t>(options.seed)),
      threads_(options.threads > 0 ? static_cast<int>(options.threads) : default_threads()),
      weights_(options.weights),
      cancellation_(std::move(cancellation)),
      listener_(listener ? std::move(listener) : std::make_shared<Listener>()) {
  check_options(RunOptions(options).options(), "run options");
}

RunContext RunContext::with(std::shared_ptr<Listener> listener) const {
  RunContext other = *this;
  other.listener_ = listener ? std::move(listener) : std::make_shared<Listener>();
  return other;
}

void RunContext::stop_if_cancelled(const std::string& what) const {
  if (cancelled()) throw Interrupted(what);
}

at::Generator RunContext::generator(std::string_view purpose) const {
  uint64_t hash = 14695981039346656037ULL ^ (seed_ * 0x9E3779B97F4A7C15ULL);  // FNV-1a
  for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return at::detail::createCPUGenerator(hash);
}

nlohmann::json RunContext::to_json() const {
  return {{"device", device_.str()},
          {"precision", precision_ == Precision::bf16 ? "bf16" : "fp32"},
          {"seed", seed_},
          {"threads", threads_}};
}

AutocastScope::AutocastScope(const RunContext& run)
    : type_(run.device().type()), enabled_(run.precision() == Precision::bf16) {
  if (!enabled_) return;
  before_ = at::autocast::is_autocast_enabled(type_);
  at::autocast::set_autocast_enabled(type_, true);
  at::autocast::set_autocast_dtype(type_, at::kBFloat16);
  at::autocast::increment_nesting();
}

AutocastScope::~AutocastScope() {
  if (!enabled_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(type_, before_);
}

}  // namespace afterimage
