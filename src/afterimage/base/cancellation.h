#pragma once

#include <atomic>
#include <memory>

namespace afterimage {

/// A request to stop, made from another thread or a signal handler and looked at by long jobs
/// between their steps (RunContext::stop_if_cancelled). Copies share the request; it cannot be
/// taken back.
class Cancellation {
 public:
  void request() const noexcept { state_->asked.store(true); }
  bool requested() const noexcept { return state_->asked.load(); }

  /// While it lives, a job that is asked to stop wants the time to finish a step and to save it.
  class Saving {
   public:
    explicit Saving(const Cancellation& cancellation) : state_(cancellation.state_) {
      ++state_->saving;
    }
    ~Saving() { --state_->saving; }
    Saving(const Saving&) = delete;
    Saving& operator=(const Saving&) = delete;

   private:
    friend class Cancellation;
    struct State {
      std::atomic<bool> asked{false};
      std::atomic<int> saving{0};
    };
    std::shared_ptr<State> state_;
  };
  bool saving() const noexcept { return state_->saving.load() > 0; }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may store to it
  std::shared_ptr<Saving::State> state_ = std::make_shared<Saving::State>();
};

}  // namespace afterimage
