#pragma once

#include <atomic>
#include <memory>

namespace afterimage {

/// A request to stop, made from another thread or a signal handler and looked at by long jobs
/// between their steps (RunContext::stop_if_cancelled). Copies share the request; it cannot be
/// taken back.
class Cancellation {
 public:
  void request() const noexcept { asked_->store(true); }
  bool requested() const noexcept { return asked_->load(); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may store to it
  std::shared_ptr<std::atomic<bool>> asked_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace afterimage
