#include "afterimage/decoders/stages.h"

#include <ATen/ops/scalar_tensor.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

/// A stage that learns the number of times it was fitted.
struct Counter {
  int fits = 0;
  double value = 0;

  Stages::Part part() {
    return {[this](const FitContext&) { value = ++fits; },
            [this] {
              return TensorMap{{"value", at::scalar_tensor(value)}};
            },
            [this](const TensorMap& learned, const std::string&) {
              value = learned.at("value").item<double>();
            }};
  }
};

TEST(Stages, WhatIsDoneIsNotFittedAgainAfterAnInterruption) {
  const TemporaryFolder folder;
  const RunContext run;
  Counter first, second;
  Stages({run, folder.path(), false, "a"}).run("first", first.part());
  EXPECT_TRUE(Stages::any_done(folder.path()));
  // The second stage breaks off: nothing is kept of it.
  auto broken = second.part();
  broken.fit = [](const FitContext&) { throw Interrupted("stopped"); };
  EXPECT_THROW(Stages({run, folder.path(), false, "a"}).run("second", broken), Interrupted);

  Counter again;
  again.fits = 10;
  Stages({run, folder.path(), true, "a"}).run("first", again.part());
  EXPECT_EQ(again.fits, 10);
  EXPECT_EQ(again.value, 1);
  Stages({run, folder.path(), true, "a"}).run("second", second.part());
  EXPECT_EQ(second.fits, 1);
  EXPECT_THROW(Stages({run, folder.path(), true, "b"}).run("first", again.part()), Error);
}

TEST(Stages, WithoutAFolderNothingIsKept) {
  const RunContext run;
  Counter counter;
  Stages({run, {}, true, ""}).run("first", counter.part());
  EXPECT_EQ(counter.fits, 1);
}

}  // namespace
}  // namespace afterimage
