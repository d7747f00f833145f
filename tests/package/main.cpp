// Calls a little of the installed library and tells on standard output that the answers are right.
#include <ATen/Functions.h>

#include <cstdio>

#include "afterimage/base/data_dir.h"
#include "afterimage/base/provenance.h"
#include "afterimage/base/run_context.h"
#include "afterimage/base/text.h"

int main() {
  const bool hash = afterimage::sha256("abc").rfind("ba7816bf8f01cfea", 0) == 0;
  const bool text = afterimage::edit_distance("kitten", "sitting") == 3;
  const bool data = std::filesystem::is_directory(afterimage::data_dir() / "weights");

  afterimage::RunOptions options;
  options.threads = 1;
  const afterimage::RunContext run(options);
  const auto numbers = at::rand({4, 4}, run.generator("consumer"));  // (y, x)
  const bool tensors = at::allclose(at::matmul(numbers, at::eye(4)), numbers);

  std::printf("afterimage %s: hash %d, text %d, data %d, tensors %d\n",
              afterimage::version().c_str(), hash, text, data, tensors);
  return hash && text && data && tensors ? 0 : 1;
}
