#include "afterimage/formats/npy.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/npy";

/// Element [i][j] is 10 i + j.
at::Tensor grid(at::ScalarType type) {
  return (at::arange(3).view({3, 1}) * 10 + at::arange(5)).to(type);
}

std::string npy(const std::string& dictionary, const std::string& data = {}) {
  return concat("\x93NUMPY", '\1', '\0', static_cast<char>(dictionary.size()), '\0', dictionary,
                data);
}

TEST(Npy, ReadsEveryTypeAndByteOrder) {
  const std::map<std::string, at::ScalarType> wide = {
      {"i1", at::kChar},     {"u1", at::kByte},     {"le_i2", at::kShort},  {"be_i2", at::kShort},
      {"le_u2", at::kInt},   {"be_u2", at::kInt},   {"le_i4", at::kInt},    {"be_i4", at::kInt},
      {"le_u4", at::kLong},  {"le_i8", at::kLong},  {"le_u8", at::kLong},   {"le_f2", at::kHalf},
      {"le_f4", at::kFloat}, {"be_f4", at::kFloat}, {"le_f8", at::kDouble}, {"be_f8", at::kDouble}};
  for (const auto& [name, type] : wide) {
    const at::Tensor read = read_npz(fixtures / "stored.npz", "grid_" + name);
    EXPECT_EQ(read.scalar_type(), type) << name;
    EXPECT_TRUE(at::equal(read, grid(type))) << name;
  }
  EXPECT_EQ(npz_names(fixtures / "stored.npz").size(), wide.size() + 3);
}

TEST(Npy, ReadsFlagsScalarsAndEmptyArrays) {
  EXPECT_TRUE(at::equal(read_npz(fixtures / "stored.npz", "flags").to(at::kInt),
                        at::tensor({1, 0, 1}).view({1, 3}).to(at::kInt)));
  EXPECT_EQ(read_npz(fixtures / "stored.npz", "scalar").item<double>(), 7.5);
  EXPECT_EQ(read_npz(fixtures / "stored.npz", "empty").sizes(), at::IntArrayRef({0, 4}));
  EXPECT_EQ(read_npz(fixtures / "compressed.npz", "zeros").numel(), 100000);
}

TEST(Npy, ReadsRowsVersionsAndFortranOrder) {
  const NpyFile rows(fixtures / "rows.npy");
  EXPECT_EQ(rows.shape(), (std::vector<int64_t>{3, 5}));
  EXPECT_TRUE(at::equal(rows.rows(1, 2), grid(at::kFloat).narrow(0, 1, 2)));
  EXPECT_TRUE(at::equal(NpyFile(fixtures / "version2.npy").read(), grid(at::kInt)));
  EXPECT_TRUE(at::equal(NpyFile(fixtures / "version3.npy").read(), grid(at::kInt)));
  const NpyFile fortran(fixtures / "fortran.npy");
  const at::Tensor expected = at::arange(24, at::kDouble).view({2, 3, 4});
  EXPECT_TRUE(at::equal(fortran.read(), expected));
  EXPECT_TRUE(at::equal(fortran.rows(1, 1), expected.narrow(0, 1, 1)));
}

TEST(Npy, ReadsPartsOfEveryIndex) {
  const TemporaryFolder folder;
  const NpyFile fortran(fixtures / "fortran.npy");
  const at::Tensor expected = fortran.read();
  write_npy(folder / "c.npy", expected);
  const NpyFile c(folder / "c.npy");
  for (int64_t index = 0; index < 3; ++index) {
    for (int64_t first = 0; first < expected.size(index); ++first) {
      const at::Tensor part = expected.narrow(index, first, expected.size(index) - first);
      EXPECT_TRUE(at::equal(c.rows(first, part.size(index), index), part)) << index;
      EXPECT_TRUE(at::equal(fortran.rows(first, part.size(index), index), part)) << index;
    }
  }
  EXPECT_EQ(c.pieces(0), 1);
  EXPECT_EQ(c.pieces(2), 6);
  EXPECT_EQ(fortran.pieces(0), 12);
  EXPECT_EQ(fortran.pieces(2), 1);
}

// 80 GB, but for the header a hole: whoever reads the whole array for a few rows fails here.
TEST(Npy, ReadsFewRowsOfAFortranOrderedGiant) {
  const TemporaryFolder folder;
  const std::string start = npy(
      "{'descr': '<f4', 'fortran_order': True, 'shape': (200000000, 100), }                    \n");
  write_text(folder / "giant.npy", start, true);
  fs::resize_file(folder / "giant.npy", start.size() + uintmax_t{200000000} * 100 * 4);
  const NpyFile giant(folder / "giant.npy");
  EXPECT_TRUE(at::equal(giant.rows(150000000, 3), at::zeros({3, 100})));
}

TEST(Npy, RefusesWhatIsNoNumbers) {
  for (const char* name : {"object", "structured", "text", "complex"}) {
    EXPECT_THROW(NpyFile(fixtures / concat("bad_", name, ".npy")), Error) << name;
  }
  EXPECT_THROW(NpyFile(fixtures / "bad_uint64.npy").read(), Error);
  EXPECT_THROW(read_npz(fixtures / "bad_member.npz", "short"), Error);
  EXPECT_THROW(read_npz(fixtures / "stored.npz", "grid"), Error);
  EXPECT_THROW(read_npz(fixtures / "rows.npy", "rows"), Error);
  EXPECT_THROW(NpyFile(fixtures / "stored.npz"), Error);
  EXPECT_THROW(NpyFile(fixtures / "none.npy"), Error);
}

TEST(Npy, RefusesHostileHeaders) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& bytes) {
    write_text(folder / "x.npy", bytes, true);
    EXPECT_THROW(NpyFile(folder / "x.npy").read(), Error) << bytes;
  };
  const std::string whole =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "12345678");
  write_text(folder / "x.npy", whole, true);
  EXPECT_EQ(NpyFile(folder / "x.npy").read().numel(), 2);
  for (size_t size = 0; size < whole.size(); ++size) refused(whole.substr(0, size));
  refused(whole + "9");
  refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }"));
  refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 4), }"));
  refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9), }"));
  refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"));
  refused(npy("{'descr': '<f4', 'fortran_order': False}", ""));
  refused(npy("{'descr': '', 'fortran_order': False, 'shape': (0,)}"));
  refused(npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0,)}"));
}

TEST(Npy, WritesWhatItReads) {
  const TemporaryFolder folder;
  for (const auto type : {at::kByte, at::kInt, at::kLong, at::kFloat, at::kDouble}) {
    write_npy(folder / "a.npy", grid(type));
    EXPECT_TRUE(at::equal(NpyFile(folder / "a.npy").read(), grid(type)));
  }
  // The bytes of NumPy itself.
  write_npy(folder / "a.npy", grid(at::kFloat));
  EXPECT_EQ(read_text(folder / "a.npy"), read_text(fixtures / "rows.npy"));
  write_npy(folder / "b.npy", at::scalar_tensor(2.5));
  EXPECT_EQ(NpyFile(folder / "b.npy").read().item<double>(), 2.5);
}

}  // namespace
}  // namespace afterimage
