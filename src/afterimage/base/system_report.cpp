#include "afterimage/base/system_report.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

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

void add_libraries(std::vector<Fact>& facts) {
  facts.push_back({"Afterimage", version(), true, ""});
  facts.push_back({"LibTorch", TORCH_VERSION, true, ""});
  facts.push_back({"linear algebra",
                   at::hasMKL()      ? "MKL " + version_in(at::get_mkl_version(), "Version ")
                   : at::hasLAPACK() ? "a BLAS with LAPACK, not MKL"
                                     : "no LAPACK",
                   at::hasLAPACK(), "Ridge and linear decoders need a LibTorch with LAPACK"});
  facts.push_back({"convolutions",
                   at::hasMKLDNN() ? "oneDNN " + version_in(at::get_mkldnn_version(), "MKL-DNN v")
                                   : "LibTorch's own",
                   at::hasMKLDNN(), "Training is several times slower without oneDNN"});
}

void add_processor(std::vector<Fact>& facts) {
  const std::string model = line_of("/proc/cpuinfo", "model name");
  const std::string capability = at::get_cpu_capability();
  facts.push_back({"processor",
                   concat(model.empty() ? "unknown" : model, ", ",
                          std::thread::hardware_concurrency(), " threads"),
                   true, ""});
  facts.push_back({"vector instructions", capability, capability != "DEFAULT",
                   "LibTorch uses none here: see whether ATEN_CPU_CAPABILITY is set"});
  facts.push_back({"threads in use",
                   concat(at::get_num_threads(), at::hasOpenMP() ? " (OpenMP)" : " (no OpenMP)"),
                   at::hasOpenMP(), "This LibTorch runs most operations on one thread"});
}

/// Variables that change speed behind the user's back. Those that only say how many threads to use
/// are named without a warning.
void add_environment(std::vector<Fact>& facts) {
  struct Variable {
    const char* name;
    bool harmless;
    const char* advice;
  };
  static constexpr Variable variables[] = {
      {"OPENBLAS_CORETYPE", false, "It fixes the kernels of OpenBLAS; unset it unless it fits"},
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
    if (const char* value = std::getenv(name)) facts.push_back({name, value, harmless, advice});
  }
}

void add_cuda(std::vector<Fact>& facts) {
  const auto& hooks = at::detail::getCUDAHooks();
  if (!hooks.hasCUDA()) {
    facts.push_back({"CUDA", "none (no device, or a LibTorch without CUDA)", true, ""});
    return;
  }
  facts.push_back({"CUDA",
                   concat(static_cast<int>(hooks.deviceCount()), " device(s), version ",
                          hooks.versionCUDART() / 1000, ".", hooks.versionCUDART() / 10 % 100),
                   true, ""});
}

void add_speed(std::vector<Fact>& facts) {
  // Without an optimised BLAS a product runs at about 7 GFLOP/s, with one at 70 a thread.
  constexpr double slow = 15;
  const double single = gemm_rate(at::kFloat), half = gemm_rate(at::kBFloat16);
  facts.push_back({"matrix products, fp32", rate_text(single), single > slow,
                   "LibTorch seems to lack an optimised BLAS, or other jobs take the processor"});
  facts.push_back({"matrix products, bf16",
                   rate_text(half) + (half > 1.2 * single ? ": --precision bf16 pays here"
                                                          : ": --precision fp32 is as fast here"),
                   true, ""});
}

void add_space(std::vector<Fact>& facts, const std::filesystem::path& folder) {
  const double total = memory_entry("MemTotal"), available = memory_entry("MemAvailable");
  facts.push_back({"memory", bytes_text(available) + " free of " + bytes_text(total),
                   available > 2.0 * (1 << 30), "Less than 2 GiB are free: close other programs"});
  std::error_code failed;
  const auto space = std::filesystem::space(folder, failed);
  facts.push_back(
      {"disk",
       failed ? "unknown at " + folder.string()
              : bytes_text(static_cast<double>(space.available)) + " free at " + folder.string(),
       !failed && space.available > (uintmax_t{1} << 30),
       "Models and recordings need space: free some, or choose another folder"});
}

}  // namespace

std::vector<Fact> system_report(const std::filesystem::path& folder) {
  std::vector<Fact> facts;
  add_libraries(facts);
  add_processor(facts);
  add_environment(facts);
  add_cuda(facts);
  add_speed(facts);
  add_space(facts, folder);
  return facts;
}

}  // namespace afterimage
