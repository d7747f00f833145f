#include "afterimage/regression/symmetric.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

TEST(Symmetric, ColumnsAreVisitedOnceAndThreadsShareWhatIsAtOnce) {
  const RunContext run(RunOptions{});
  const int64_t threads = at::get_num_threads();
  for (const int64_t columns : {1, 31, 33, 1000}) {
    std::vector<std::atomic<int>> visits(static_cast<size_t>(columns));
    symmetric::for_columns(columns, 64 * threads, run, [&](int64_t from, int64_t count) {
      EXPECT_LE(count, 64);
      for (int64_t i = from; i < from + count; ++i) ++visits[static_cast<size_t>(i)];
    });
    for (const auto& seen : visits) EXPECT_EQ(seen, 1);
  }
}

TEST(Symmetric, ColumnsStopWhenAsked) {
  const Cancellation stop;
  stop.request();
  const auto visit = [](int64_t, int64_t) { ADD_FAILURE(); };
  EXPECT_THROW(symmetric::for_columns(100, 50, RunContext({}, stop), visit), Interrupted);
}

}  // namespace
}  // namespace afterimage
