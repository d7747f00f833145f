#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

#include "afterimage/base/cancellation.h"
#include "afterimage/base/listener.h"
#include "afterimage/base/options.h"

namespace afterimage {

/// What every command lets its user choose about how it runs.
struct RunOptions {
  int64_t seed = 1;
  int64_t threads = 0;
  std::string device = "cpu";
  std::string precision = "fp32";
  bool quiet = false;
  std::string weights;

  Options options();
};

enum class Precision { fp32, bf16 };

/// Device, precision, threads, seed, who hears of it and who may stop it: chosen once, at the start
/// of a command. Nothing below it names a device or sets a thread count. A value: copies are cheap,
/// share listener and cancellation, and may outlive the first.
class RunContext {
 public:
  /// Errors: a device this machine or build lacks. Sets nothing for the process (base/process.h).
  explicit RunContext(const RunOptions& options = {}, Cancellation cancellation = {},
                      std::shared_ptr<Listener> listener = nullptr);

  const c10::Device& device() const { return device_; }
  Precision precision() const { return precision_; }
  uint64_t seed() const { return seed_; }
  int threads() const { return threads_; }

  /// The same run, heard by another.
  RunContext with(std::shared_ptr<Listener> listener) const;

  /// Says a line to the listener.
  void say(const std::string& line) const { listener_->say(line); }
  Listener& listener() const { return *listener_; }
  const Cancellation& cancellation() const { return cancellation_; }
  /// Whether someone asked to stop.
  bool cancelled() const { return cancellation_.requested(); }
  /// Throws Interrupted with these words when someone asked to stop. Long jobs call it at least
  /// once a second.
  void stop_if_cancelled(const std::string& what) const;

  /// The folder the user named for weights ("" when none); `find_weights` looks there first.
  const std::string& weights() const { return weights_; }

  /// A CPU random generator for one purpose ("initialisation", "data order"): its stream depends on
  /// the seed and the purpose only, so that drawing more for one never shifts another.
  at::Generator generator(std::string_view purpose) const;

  nlohmann::json to_json() const;

 private:
  c10::Device device_;
  Precision precision_;
  uint64_t seed_;
  int threads_;
  std::string weights_;
  Cancellation cancellation_;
  std::shared_ptr<Listener> listener_;  // never null
};

/// Mixed precision while it lives: bf16 autocast on the run's device, nothing for fp32.
class AutocastScope {
 public:
  explicit AutocastScope(const RunContext& run);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  c10::DeviceType type_;
  bool enabled_;
  bool before_ = false;
};

}  // namespace afterimage
