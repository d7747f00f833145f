#include "afterimage/base/system_report.h"

#include <gtest/gtest.h>
#include <torch/version.h>

#include <algorithm>
#include <cstdlib>

#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

const SystemFact* find(const std::vector<SystemFact>& facts, const std::string& name) {
  const auto found = std::find_if(facts.begin(), facts.end(),
                                  [&name](const SystemFact& fact) { return fact.name == name; });
  return found == facts.end() ? nullptr : &*found;
}

TEST(SystemReport, SaysWhatThereIs) {
  TemporaryFolder folder;
  ::setenv("ATEN_CPU_CAPABILITY", "avx2", 1);
  ::unsetenv("OPENBLAS_CORETYPE");
  const auto facts = system_report(RunContext(RunOptions()), folder.path());
  ::unsetenv("ATEN_CPU_CAPABILITY");

  for (const auto& fact : facts) {
    EXPECT_FALSE(fact.value.empty()) << fact.name;
    EXPECT_EQ(fact.value.find('\n'), std::string::npos) << fact.name;
    EXPECT_EQ(fact.good, fact.advice.empty()) << fact.name;
  }
  for (const char* name : {"processor", "threads in use", "CUDA", "matrix products, fp32",
                           "matrix products, bf16", "memory", "disk"}) {
    EXPECT_NE(find(facts, name), nullptr) << name;
  }
  ASSERT_NE(find(facts, "LibTorch"), nullptr);
  EXPECT_EQ(find(facts, "LibTorch")->value, TORCH_VERSION);
  ASSERT_NE(find(facts, "ATEN_CPU_CAPABILITY"), nullptr);
  EXPECT_FALSE(find(facts, "ATEN_CPU_CAPABILITY")->good)
      << "it makes LibTorch slower than it can be";
  EXPECT_EQ(find(facts, "OPENBLAS_CORETYPE"), nullptr) << "it is not set";
  EXPECT_GT(std::stod(find(facts, "matrix products, fp32")->value), 0.5);
}

TEST(SystemReport, AFolderThatIsNotThereIsAWarning) {
  const auto facts = system_report(RunContext(RunOptions()), "no such folder");
  ASSERT_NE(find(facts, "disk"), nullptr);
  EXPECT_FALSE(find(facts, "disk")->good);
}

}  // namespace
}  // namespace afterimage
