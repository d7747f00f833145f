#include "afterimage/formats/mat.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path reference = fs::path(AFTERIMAGE_TEST_DATA) / "formats";

void expect_equal(const MatFile& file, const std::string& name, const at::Tensor& expected) {
  if (!file.has(name)) return;  // each version holds some of the variables
  const at::Tensor read = file.read(name);
  EXPECT_EQ(read.scalar_type(), expected.scalar_type()) << name;
  EXPECT_TRUE(at::equal(read, expected)) << name << read;
  EXPECT_TRUE(read.is_contiguous()) << name;
}

std::string message_of(const MatFile& file, const std::string& name) {
  try {
    file.read(name);
  } catch (const Error& error) {
    return error.what();
  }
  return "read without complaint";
}

TEST(MatFile, EveryVersionGivesMatlabsIndexOrder) {
  const at::Tensor matrix = at::arange(6, at::kDouble).view({2, 3}) / 4;
  const std::vector<std::pair<const char*, size_t>> versions{
      {"v4.mat", 4}, {"v5.mat", 17}, {"v5_compressed.mat", 17}, {"v73.mat", 7}};
  for (const auto& [version, variables] : versions) {
    SCOPED_TRACE(version);
    const MatFile file(reference / version);
    EXPECT_EQ(file.names().size(), variables);
    ASSERT_TRUE(file.has("matrix"));
    expect_equal(file, "matrix", matrix);
    expect_equal(file, "single", matrix.to(at::kFloat));
    expect_equal(file, "cube", at::arange(24, at::kDouble).view({2, 3, 4}));
    expect_equal(file, "number", at::full({1, 1}, 7.0, at::kDouble));
    expect_equal(file, "int8", -at::arange(3, at::kChar).view({1, 3}));
    expect_equal(file, "uint8", at::tensor({0, 255, 1, 2, 3, 4}, at::kByte).view({3, 2}));
    expect_equal(file, "int16", at::tensor({-300, 300}, at::kShort).view({1, 2}));
    expect_equal(file, "uint16", at::tensor({65535, 1}, at::kInt).view({1, 2}));
    expect_equal(file, "int32", at::tensor({-70000, 70000}, at::kInt).view({1, 2}));
    expect_equal(file, "uint32", at::tensor({4294967295, int64_t{1}}).view({1, 2}));
    expect_equal(file, "int64", at::tensor({int64_t{1} << 40, int64_t{-1}}).view({1, 2}));
    expect_equal(file, "logical", at::tensor({1, 0, 1}).to(at::kBool).view({1, 3}));
    expect_equal(file, "empty", at::empty({0, 3}, at::kDouble));
  }
}

TEST(MatFile, WhatIsNoRealArrayIsRefused) {
  for (const char* version : {"v4.mat", "v5.mat"}) {
    const MatFile file(reference / version);
    EXPECT_NE(message_of(file, "complex").find("complex numbers"), std::string::npos);
    EXPECT_NE(message_of(file, "text").find("is text"), std::string::npos);
  }
  const MatFile file(reference / "v5.mat");
  EXPECT_NE(message_of(file, "cell").find("a cell"), std::string::npos);
  EXPECT_NE(message_of(file, "structure").find("a structure"), std::string::npos);
}

TEST(MatFile, FieldsOfStructuresAndFilesOfPythonPrograms) {
  const at::Tensor matrix = at::arange(6, at::kDouble).view({2, 3}) / 4;
  for (const char* name : {"structures.mat", "h5py.mat", "hdf5storage.mat"}) {
    SCOPED_TRACE(name);
    const MatFile file(reference / name);
    EXPECT_TRUE(file.has("S"));
    EXPECT_TRUE(at::equal(file.read("S.R"), matrix));
    const at::Tensor cube = file.read("S.deep.cube");
    EXPECT_EQ(cube.scalar_type(), at::kShort);
    EXPECT_TRUE(at::equal(cube, at::arange(24).view({2, 3, 4}).to(at::kShort)));
    EXPECT_TRUE(
        at::equal(file.read("S.deep.flags"), at::tensor({1, 0, 1}).to(at::kBool).view({1, 3})));
    expect_equal(file, "matrix", matrix);
    const std::string whole = message_of(file, "S");
    EXPECT_NE(whole.find("is a structure with the fields R, deep"), std::string::npos) << whole;
    EXPECT_NE(whole.find("such as S.R"), std::string::npos) << whole;
    EXPECT_NE(message_of(file, "S.cub").find("S.R"), std::string::npos)
        << message_of(file, "S.cub");
    EXPECT_NE(message_of(file, "T.R").find("has no variable 'T.R'"), std::string::npos);
    EXPECT_NE(message_of(file, "S.R.x").find("R"), std::string::npos);
  }
  EXPECT_TRUE(at::equal(MatFile(reference / "h5py.mat").read("number"),
                        at::full({1, 1}, 7.0, at::kDouble)));
  const MatFile file(reference / "hdf5storage.mat");
  const at::Tensor empty = file.read("empty");
  EXPECT_EQ(empty.sizes(), (std::vector<int64_t>{0, 3}));
  EXPECT_EQ(empty.scalar_type(), at::kFloat);
  EXPECT_NE(message_of(file, "S.word").find("is text"), std::string::npos);
  EXPECT_NE(message_of(file, "list").find("is a cell"), std::string::npos);
  EXPECT_NE(message_of(file, "complex").find("compound"), std::string::npos);
  EXPECT_NE(message_of(MatFile(reference / "structures.mat"), "many.R").find("2 structures"),
            std::string::npos);
}

TEST(MatFile, MissingNamesAreListed) {
  const MatFile file(reference / "v4.mat");
  EXPECT_FALSE(file.has("matrx"));
  EXPECT_NE(message_of(file, "matrx").find("Did you mean 'matrix'?"), std::string::npos);
  EXPECT_NE(message_of(file, "zzz").find("matrix, number, text, complex"), std::string::npos);
  EXPECT_THROW(MatFile("absent.mat"), Error);
  EXPECT_THROW(MatFile(fs::path(testing::TempDir())), Error);
}

TEST(MatFile, EveryPrefixIsRefused) {
  const TemporaryFolder folder;
  const fs::path path = folder / "cut.mat";
  for (const char* version : {"v4.mat", "v5.mat", "v5_compressed.mat", "v73.mat"}) {
    const std::string whole = read_text(reference / version);
    const auto variables = MatFile(reference / version).names().size();
    for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 100) {
      fs::remove(path);  // overwriting in place waits for the disk
      std::ofstream(path, std::ios::binary) << whole.substr(0, size);
      try {
        // A file that ends between two variables is whole, only shorter.
        EXPECT_LT(MatFile(path).names().size(), variables) << version << " " << size;
      } catch (const Error&) {
      }
    }
    std::ofstream(path, std::ios::binary) << whole.substr(0, whole.size() - 8);
    EXPECT_THROW(MatFile{path}, Error) << version;
  }
}

}  // namespace
}  // namespace afterimage
