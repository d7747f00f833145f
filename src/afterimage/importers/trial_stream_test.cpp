#include "afterimage/importers/trial_stream.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// 12 times, 7 trials, 5 channels, chunks of rows.
at::Tensor write(const fs::path& path, bool spoil = false) {
  at::Tensor values = at::rand({12, 7, 5});
  if (spoil) values[3][6][2] = NAN;
  auto file = hdf5::File::create(path);
  file.write("data", {12, 7, 5}, values.const_data_ptr<float>(), {.rows_per_chunk = 2});
  file.flush();
  return values;
}

TrialStream::Request request(const TemporaryFolder& folder, int64_t memory) {
  TrialStream::Request out;
  out.file = folder / "in.h5";
  out.dataset = "data";
  out.channels = {4, 0, 2};
  out.out = folder / "out.h5";
  out.memory = memory;

  at::Tensor early = at::zeros({12, 1}), late = at::zeros({12, 1});
  early.narrow(0, 0, 3).fill_(1.0 / 3);
  late.narrow(0, 8, 4).fill_(0.25);
  out.windows = {{{0, 2}, early}, {{1}, late}};
  return out;
}

TEST(TrialStream, WindowsOfScatteredChannelsWhateverTheMemory) {
  for (const int64_t memory : {16, 1000, 1 << 20}) {  // a chunk at a time; some; all
    const TemporaryFolder folder;
    const at::Tensor values = write(folder / "in.h5");
    TrialStream stream(request(folder, memory));
    stream.run();
    const at::Tensor rows = stream.rows({6, 0});
    EXPECT_TRUE(
        at::allclose(rows[0][0][0], values.select(1, 6).select(1, 4).narrow(0, 0, 3).mean()));
    EXPECT_TRUE(
        at::allclose(rows[1][1][0], values.select(1, 0).select(1, 0).narrow(0, 8, 4).mean()));
    EXPECT_TRUE(
        at::allclose(rows[0][2][0], values.select(1, 6).select(1, 2).narrow(0, 0, 3).mean()));
    EXPECT_TRUE(fs::exists(folder / ".out.h5.stream"));
    stream.finish();
    EXPECT_FALSE(fs::exists(folder / ".out.h5.stream"));
    EXPECT_FALSE(fs::exists(folder / ".out.h5.stream.json"));
  }
}

TEST(TrialStream, KeepsWhatItHasForTheSameRequestOnly) {
  const TemporaryFolder folder;
  const at::Tensor values = write(folder / "in.h5");
  {
    TrialStream first(request(folder, 1 << 20));
    first.run();
  }
  TrialStream again(request(folder, 1 << 20));
  again.run();  // nothing to read
  auto other = request(folder, 1 << 20);
  EXPECT_THROW(TrialStream(other).run(), Error);  // `again` holds the file
  again.finish();
  other.windows.clear();
  TrialStream all(other);
  all.run();
  EXPECT_TRUE(at::equal(all.rows({3})[0][1], values.select(1, 3).select(1, 0)));
}

TEST(TrialStream, GoesOnOnlyWithAFileOfTheSameContent) {
  const TemporaryFolder folder;
  write(folder / "in.h5");
  TrialStream(request(folder, 1 << 20)).run();
  const fs::path kept = folder / ".out.h5.stream", in = folder / "in.h5";
  const auto spoil = [&] { std::fstream(kept, std::ios::in | std::ios::out) << "spoilt"; };
  const auto first = [&] {
    TrialStream stream(request(folder, 1 << 20));
    stream.run();
    return stream.rows({0})[0][1][0].item<float>();
  };
  const float before = first();
  spoil();
  fs::last_write_time(in, fs::file_time_type::clock::now());
  EXPECT_NE(first(), before) << "touched, but the same: what is kept is used";
  spoil();
  const auto time = fs::last_write_time(in);
  const at::Tensor values = write(in);  // as many bytes
  fs::last_write_time(in, time);
  EXPECT_TRUE(
      at::allclose(at::tensor(first()), values.select(1, 0).select(1, 0).narrow(0, 8, 4).mean()))
      << "another content behind the same name, size and time: read anew";
}

TEST(TrialStream, NamesTheValueThatIsNotFinite) {
  const TemporaryFolder folder;
  write(folder / "in.h5", true);
  TrialStream stream(request(folder, 1 << 20));
  try {
    stream.run();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("time 3, trial 6, channel 2"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(folder / ".out.h5.stream"));
  auto unwanted = request(folder, 1 << 20);  // a bad channel that nobody asked for
  unwanted.channels = {4, 0, 1};
  EXPECT_NO_THROW(TrialStream(unwanted).run());
}

}  // namespace
}  // namespace afterimage
