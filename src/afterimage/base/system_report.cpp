#include "afterimage/base/system_report.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "afterimage/base/provenance.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// The rest of the first line of `path` that starts with `key`, without blanks and colons.
std::string line_of(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const size_t start = line.find_first_not_of(" \t:", key.size());
    return start == std::string::npos ? "" : line.substr(start);
  }
  return {};
}

/// Bytes of an entry of /proc/meminfo, which counts in kB; 0 when it is not there.
double memory_entry(const std::string& key) {
  return 1024 * std::strtod(line_of("/proc/meminfo", key + ":").c_str(), nullptr);
}

/// The version in a longer text ("Intel(R) ... Version 2024.2-Product Build" -> "2024.2"), or all
/// of it.
std::string version_in(const std::string& text, const std::string& before) {
  const size_t found = text.find(before);
  if (found == std::string::npos) return text;
  std::string rest = text.substr(found + before.size());
  return rest.substr(0, rest.find_first_of(" -("));
}

/// Billions of operations a second of square matrix products, the best of a few within 0.3 s.
double gemm_rate(at::ScalarType type) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t size = 1024;
  const c10::NoGradGuard no_grad;
  const auto a = at::ones({size, size}, type), b = at::ones({size, size}, type);
  at::mm(a, b);  // warms up
  double best = 1e9, spent = 0;
  while (spent < 0.3) {
    const auto start = Clock::now();
    at::mm(a, b);
    const double took = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::min(best, took);
    spent += took;
  }
  return 2e-9 * size * size * size / best;
}

std::string rate_text(double rate) {
  return concat(static_cast<int64_t>(std::lround(rate)), " GFLOP/s");
}

/// The facts so far; advice is kept only where something is wrong.
class Report {
 public:
  void add(const std::string& name, const std::string& value, bool good = true,
           const std::string& advice = {}) {
    facts_.push_back({name, value, good, good ? "" : advice});
  }
  std::vector<SystemFact> facts() && { return std::move(facts_); }

 private:
  std::vector<SystemFact> facts_;
};

void add_libraries(Report& report) {
  report.add("Afterimage", version());
  report.add("LibTorch", TORCH_VERSION);
  report.add("linear algebra",
             at::hasMKL()      ? "MKL " + version_in(at::get_mkl_version(), "Version ")
             : at::hasLAPACK() ? "a BLAS with LAPACK, not MKL"
                               : "no LAPACK",
             at::hasLAPACK(), "Ridge and linear decoders need a LibTorch with LAPACK");
  report.add("convolutions",
             at::hasMKLDNN() ? "oneDNN " + version_in(at::get_mkldnn_version(), "MKL-DNN v")
                             : "LibTorch's own",
             at::hasMKLDNN(), "Training is several times slower without oneDNN");
}

void add_processor(Report& report, const RunContext& run) {
  const std::string model = line_of("/proc/cpuinfo", "model name");
  report.add("processor", concat(model.empty() ? "unknown" : model, ", ",
                                 std::thread::hardware_concurrency(), " threads"));
  const std::string capability = at::get_cpu_capability();
  report.add("vector instructions", capability, capability != "DEFAULT",
             "LibTorch uses none here: see whether ATEN_CPU_CAPABILITY is set");
  report.add("threads in use",
             concat(run.threads(), at::hasOpenMP() ? " (OpenMP)" : " (no OpenMP)"), at::hasOpenMP(),
             "This LibTorch runs most operations on one thread");
}

/// Variables that change speed behind the user's back. Those that only say how many threads to use
/// are named without a warning, as is OpenBLAS's where LibTorch calculates with MKL.
void add_environment(Report& report) {
  struct Variable {
    const char* name;
    bool harmless;
    const char* advice;
  };
  const Variable variables[] = {
      {"OPENBLAS_CORETYPE", at::hasMKL(),
       "It fixes the kernels of OpenBLAS; unset it unless it fits"},
      {"ATEN_CPU_CAPABILITY", false, "It limits LibTorch's vector instructions; unset it"},
      {"DNNL_MAX_CPU_ISA", false, "It limits the vector instructions of oneDNN; unset it"},
      {"MKL_ENABLE_INSTRUCTIONS", false, "It limits the vector instructions of MKL; unset it"},
      {"GOMP_CPU_AFFINITY", false, "It binds threads to processors; unset it unless it fits"},
      {"OMP_PROC_BIND", false, "It binds threads to processors; unset it unless it fits"},
      {"CUDA_LAUNCH_BLOCKING", false, "It makes CUDA slow; unset it"},
      {"OMP_NUM_THREADS", true, ""},
      {"MKL_NUM_THREADS", true, ""},
      {"CUDA_VISIBLE_DEVICES", true, ""},
  };
  for (const auto& [name, harmless, advice] : variables) {
    if (const char* value = std::getenv(name)) {
      report.add(name, *value ? value : "(set, but empty)", harmless, advice);
    }
  }
}

void add_cuda(Report& report) {
  const auto& hooks = at::detail::getCUDAHooks();
  if (!hooks.hasCUDA()) {
    report.add("CUDA", "none (no device, or a LibTorch without CUDA)");
    return;
  }
  const auto runtime = hooks.versionCUDART();  // 12040 is 12.4
  report.add("CUDA", concat(static_cast<int>(hooks.deviceCount()), " device(s), version ",
                            runtime / 1000, ".", runtime / 10 % 100));
}

void add_speed(Report& report) {
  // Without an optimised BLAS a product runs at about 7 GFLOP/s, with one at 70 a thread.
  constexpr double slow = 15;
  const double single = gemm_rate(at::kFloat), half = gemm_rate(at::kBFloat16);
  report.add("matrix products, fp32", rate_text(single), single > slow,
             "LibTorch seems to lack an optimised BLAS, or other jobs take the processor");
  report.add("matrix products, bf16",
             rate_text(half) + (half > 1.2 * single ? ": --precision bf16 pays here"
                                                    : ": --precision fp32 is as fast here"));
}

void add_space(Report& report, const std::filesystem::path& folder) {
  constexpr double gibibyte = 1 << 30;
  const double total = memory_entry("MemTotal"), available = memory_entry("MemAvailable");
  report.add("memory", bytes_text(available) + " free of " + bytes_text(total),
             available > 2 * gibibyte, "Less than 2 GiB are free: close other programs");
  std::error_code failed;
  const auto space = std::filesystem::space(folder, failed);
  const auto free = static_cast<double>(space.available);
  report.add("disk", (failed ? "unknown" : bytes_text(free) + " free") + " at " + folder.string(),
             !failed && free > gibibyte,
             "Models and recordings need space: free some, or choose another folder");
}

}  // namespace

double available_memory() { return memory_entry("MemAvailable"); }

std::vector<SystemFact> system_report(const RunContext& run, const std::filesystem::path& folder) {
  Report report;
  add_libraries(report);
  add_processor(report, run);
  add_environment(report);
  add_cuda(report);
  add_speed(report);
  add_space(report, std::filesystem::absolute(folder).lexically_normal());
  return std::move(report).facts();
}

}  // namespace afterimage
