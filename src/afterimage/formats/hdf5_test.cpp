#include "afterimage/formats/hdf5.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <numeric>

#include "afterimage/base/error.h"

namespace afterimage::hdf5 {
namespace {

namespace fs = std::filesystem;

class Hdf5Test : public testing::Test {
 protected:
  void SetUp() override {
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::temp_directory_path() / ("hdf5_test_" + test + std::to_string(::getpid()));
    fs::create_directories(folder_);
    path_ = folder_ / "file.h5";
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_, path_;
};

std::vector<char> bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const fs::path& path, const std::vector<char>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// The message of the Error that `action` throws; "" when it throws none.
template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_says(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' not in: " << message;
  }
}

template <typename T>
void round_trip(File& file, const std::string& name) {
  const std::vector<T> values = {std::numeric_limits<T>::lowest(), T(0), T(1),
                                 std::numeric_limits<T>::max(),    T(7), T(9)};
  file.write(name, {2, 3}, values.data());
  EXPECT_EQ(file.read<T>(name), values);
  EXPECT_EQ(file.shape(name), (std::vector<int64_t>{2, 3}));
}

TEST_F(Hdf5Test, EveryElementTypeRoundTrips) {
  File file = File::create(path_);
  round_trip<int8_t>(file, "i8");
  round_trip<int16_t>(file, "a/i16");
  round_trip<int32_t>(file, "a/i32");
  round_trip<int64_t>(file, "a/b/i64");
  round_trip<uint8_t>(file, "u8");
  round_trip<uint16_t>(file, "u16");
  round_trip<uint32_t>(file, "u32");
  round_trip<uint64_t>(file, "u64");
  round_trip<float>(file, "f32");
  round_trip<double>(file, "f64");
  EXPECT_EQ(file.members("/"),
            (std::vector<std::string>{"a", "f32", "f64", "i8", "u16", "u32", "u64", "u8"}));
  EXPECT_EQ(file.members("a"), (std::vector<std::string>{"b", "i16", "i32"}));
  EXPECT_TRUE(file.has("a/b/i64"));
  EXPECT_TRUE(file.has("/a/b"));
  EXPECT_FALSE(file.has("a/c/i64"));
  EXPECT_TRUE(file.holds_integers("u8"));
  EXPECT_FALSE(file.holds_integers("f32"));
}

TEST_F(Hdf5Test, RowsComeInTheOrderAskedFor) {
  std::vector<float> values(10 * 6);
  std::iota(values.begin(), values.end(), 0.f);
  File file = File::create(path_);
  file.reserve<float>("x", {10, 2, 3}, {4, 3});
  file.write_rows("x", 0, 7, values.data());
  file.write_rows("x", 7, 3, values.data() + 42);
  EXPECT_EQ(file.read<float>("x"), values);

  const std::vector<int64_t> rows = {8, 9, 0, 0, 3, 4, 5, 2};
  std::vector<float> out(rows.size() * 6);
  file.read_rows("x", rows, out.data());
  for (size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i], static_cast<float>(rows[i / 6] * 6) + static_cast<float>(i % 6)) << i;
  }
  expect_says(message_of([&] { file.read_rows("x", {9, 10}, out.data()); }), {"10 rows", "row 10"});
  expect_says(message_of([&] { file.read_rows("x", {-1}, out.data()); }), {"row -1"});

  const std::vector<int64_t> last = {2, 0, 1};  // two runs
  file.read_rows("x", rows, last, out.data());
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t middle = static_cast<int64_t>(i % 6) / 3;
    EXPECT_EQ(out[i], static_cast<float>(rows[i / 6] * 6 + middle * 3 + last[i % 3])) << i;
  }
  file.read_rows("x", {4, 5}, {1}, out.data());
  EXPECT_EQ(std::vector<float>(out.begin(), out.begin() + 4), (std::vector<float>{25, 28, 31, 34}));
  expect_says(message_of([&] { file.read_rows("x", {0}, {3}, out.data()); }), {"column 3"});
}

TEST_F(Hdf5Test, ConvertsNumbersButRefusesWhatDoesNotFit) {
  File file = File::create(path_);
  file.write<double>("whole", {0, 3, 255});
  file.write<double>("fraction", {0, 0.5});
  file.write<double>("nan", {1, std::nan("")});
  file.write<int32_t>("large", {1, 300});
  file.write<int32_t>("negative", {1, -1});
  EXPECT_EQ(file.read<uint8_t>("whole"), (std::vector<uint8_t>{0, 3, 255}));
  EXPECT_EQ(file.read<float>("fraction"), (std::vector<float>{0, 0.5f}));
  EXPECT_TRUE(std::isnan(file.read<float>("nan")[1]));
  for (const char* name : {"fraction", "nan", "large", "negative"}) {
    expect_says(message_of([&] { file.read<uint8_t>(name); }),
                {path_.string(), name, "not whole numbers from 0 to 255"});
  }
  EXPECT_EQ(file.read<int64_t>("negative"), (std::vector<int64_t>{1, -1}));
}

TEST_F(Hdf5Test, EmptyDatasets) {
  File file = File::create(path_);
  file.write<float>("none", {0, 3}, nullptr, {4, 1});
  file.write_strings("words", {});
  EXPECT_TRUE(file.read<float>("none").empty());
  EXPECT_TRUE(file.read_strings("words").empty());
  file.read_rows<float>("none", {}, nullptr);
}

TEST_F(Hdf5Test, StringsOfVariableAndFixedLength) {
  const std::vector<std::string> words = {"V1", "", "ünïcode 猿", std::string(100000, 'x')};
  {
    File file = File::create(path_);
    file.write_strings("group/words", words);
    EXPECT_EQ(file.read_strings("group/words"), words);
  }
  const std::vector<std::vector<std::string>> rows = {{"a", "b"}, {}, {"c"}};
  {
    File file = File::create(folder_ / "rows.h5");
    file.write_string_rows("rows", rows);
    file.write_string_rows("none", {{}, {}});
    file.write_strings("list", {"a", "", "c"});
    EXPECT_EQ(file.shape("rows"), (std::vector<int64_t>{3, 2}));
    EXPECT_EQ(file.read_string_rows("rows"), rows);
    EXPECT_EQ(file.read_string_rows("none").size(), 2u);
    EXPECT_EQ(file.read_string_rows("list"),
              (std::vector<std::vector<std::string>>{{"a"}, {}, {"c"}}));
    expect_says(message_of([&] { file.read_strings("rows"); }), {"'rows'", "(3, 2)", "A list"});
  }
  // As MATLAB and numpy's S write them.
  const Id file(H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  const auto add = [&](const char* name, H5T_str_t padding, const char* bytes) {
    const Id type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, 4);
    H5Tset_strpad(type, padding);
    const hsize_t size[] = {1, 2};
    const Id space(H5Screate_simple(2, size, nullptr), H5Sclose);
    const Id set(H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                 H5Dclose);
    ASSERT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes), 0);
  };
  add("terminated", H5T_STR_NULLTERM, "V1\0\0IT \0");
  add("padded", H5T_STR_NULLPAD, "V1\0\0IT4b");
  add("spaces", H5T_STR_SPACEPAD, "V1  IT4b");
  H5Fflush(file, H5F_SCOPE_LOCAL);
  const File reader = File::open(path_);
  EXPECT_EQ(reader.read_strings("terminated"), (std::vector<std::string>{"V1", "IT "}));
  EXPECT_EQ(reader.read_strings("padded"), (std::vector<std::string>{"V1", "IT4b"}));
  EXPECT_EQ(reader.read_strings("spaces"), (std::vector<std::string>{"V1", "IT4b"}));
}

TEST_F(Hdf5Test, AttributesRoundTripAndAreReplaced) {
  const std::string large(300000, '{');  // beyond the 64 KiB of an attribute's own storage
  {
    File file = File::create(path_);
    file.write<float>("x", {1, 2});
    file.set_attribute("/", "format", "first");
    file.set_attribute("/", "format", "zweite Fassung ü");
    file.set_attribute("x", "rate", 25.5);
    file.set_attribute("/", "provenance", large);
    file.flush();
  }
  const File file = File::open(path_);
  EXPECT_EQ(file.text_attribute("/", "format"), "zweite Fassung ü");
  EXPECT_EQ(file.text_attribute("/", "provenance"), large);
  EXPECT_EQ(file.number_attribute("x", "rate"), 25.5);
  EXPECT_TRUE(file.has_attribute("x", "rate"));
  EXPECT_FALSE(file.has_attribute("x", "format"));
  EXPECT_FALSE(file.has_attribute("y", "format"));
  expect_says(message_of([&] { file.number_attribute("/", "format"); }), {"not one number"});
  expect_says(message_of([&] { file.text_attribute("x", "rate"); }), {"not one string"});
  expect_says(message_of([&] { file.text_attribute("/", "absent"); }), {"no attribute 'absent'"});
}

TEST_F(Hdf5Test, RefusesMissingForeignAndTruncatedFiles) {
  expect_says(message_of([&] { File::open(path_); }), {path_.string(), "no such file"});
  expect_says(message_of([&] { File::open(folder_); }), {"is a folder"});
  write_bytes(path_, std::vector<char>(5000, 'a'));
  expect_says(message_of([&] { File::open(path_); }), {path_.string(), "is not an HDF5 file"});
  write_bytes(path_, {});
  expect_says(message_of([&] { File::open(path_); }), {"is not an HDF5 file"});
  {
    File file = File::create(path_);
    file.write("x", std::vector<float>(10000, 1.f));
  }
  std::vector<char> bytes = bytes_of(path_);
  for (const size_t left : {bytes.size() - 1, bytes.size() / 2, size_t{100}}) {
    bytes.resize(left);
    write_bytes(path_, bytes);
    const std::string message = message_of([&] { File::open(path_).read<float>("x"); });
    expect_says(message, {path_.string()});
  }
}

// Headers carry checksums: a changed byte is an Error or a changed value, never a crash. (Chunk
// trees and string heaps have none, and the library of Debian 12 trusts them.)
TEST_F(Hdf5Test, DamagedHeadersNeverCrash) {
  const std::vector<float> values(8, 1.f);
  {
    File file = File::create(path_);
    file.write("group/x", values);
    file.set_attribute("group/x", "rate", 2.0);
  }
  const std::vector<char> bytes = bytes_of(path_);
  const fs::path damaged = folder_ / "damaged.h5";
  int64_t noticed = 0;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    std::vector<char> copy = bytes;
    copy[at] = static_cast<char>(copy[at] ^ 0x5a);
    write_bytes(damaged, copy);
    bool changed = false;
    const std::string message = message_of([&] {
      const File file = File::open(damaged);
      changed = file.read<float>("group/x") != values;
      file.number_attribute("group/x", "rate");
    });
    noticed += changed || !message.empty();
  }
  EXPECT_GT(noticed, 50);
}

TEST_F(Hdf5Test, RefusesWrongNamesTypesAndShapes) {
  {
    const Id file(H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Id table(H5Tcreate(H5T_COMPOUND, 16), H5Tclose);
    H5Tinsert(table, "a", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(table, "b", 8, H5T_NATIVE_DOUBLE);
    const hsize_t size = 2;
    const Id space(H5Screate_simple(1, &size, nullptr), H5Sclose);
    const Id set(H5Dcreate2(file, "table", table, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                 H5Dclose);
  }
  EXPECT_NE(message_of([&] { File::open(path_).read<float>("table"); }).find("table"),
            std::string::npos);
  expect_says(message_of([&] { File::open(path_).read_strings("table"); }),
              {"compound", "Strings"});
  File file = File::create(folder_ / "other.h5");
  file.write_strings("words", {"a"});
  file.write<float>("group/x", {2, 3}, std::vector<float>(6).data());
  file.write<float>("v", {1, 2, 3});
  expect_says(message_of([&] { file.read<float>("words"); }), {"'words'", "strings", "Numbers"});
  expect_says(message_of([&] { file.read_strings("v"); }), {"'v'", "numbers", "Strings"});
  expect_says(message_of([&] { file.read<float>("absent"); }), {"no dataset 'absent'"});
  expect_says(message_of([&] { file.read<float>("group"); }), {"'group' is a group"});
  expect_says(message_of([&] { file.members("v"); }), {"no group 'v'"});
  expect_says(message_of([&] { file.require_shape("group/x", {2, 4}); }), {"(2, 3)", "(2, 4)"});
  expect_says(message_of([&] { file.require_shape("group/x", {-1}); }), {"(2, 3)", "(any)"});
  expect_says(message_of([&] {
                file.require_shape("group/x", {-1, 4}, {"trial", "sensor"});
              }),
              {"(2, 3)", "(trial, 4)"});
  file.require_shape("group/x", {-1, 3});
  expect_says(message_of([&] { file.write<float>("v", {1}); }), {"'v'", "cannot be created"});
}

TEST_F(Hdf5Test, SameDataSameBytes) {
  const auto make = [&](const std::string& name) {
    File file = File::create(folder_ / name);
    file.write("a/x", std::vector<double>{1, 2, 3});
    file.write_strings("a/words", {"one", "two"});
    file.set_attribute("/", "format", "text");
  };
  make("one.h5");
  ::sleep(1);  // time stamps have whole seconds
  make("two.h5");
  EXPECT_EQ(bytes_of(folder_ / "one.h5"), bytes_of(folder_ / "two.h5"));
}

// Writes with room for 64 KiB only, as on a disk that fills up; the child's exit code says how it
// ended.
// As a program does at its start: before any test uses the library.
const bool exit_left_alone = [] {
  leave_exit_alone();
  return true;
}();

TEST_F(Hdf5Test, FullDiskIsAnError) {
  for (const int64_t rows_per_chunk : {0, 16}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit = {65536, 65536};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const std::string message = message_of([&] {
        File file = File::create(path_);
        const std::vector<float> values(256 * 256, 1.f);
        file.write("x", {256, 256}, values.data(), {rows_per_chunk, 0});
        file.flush();
      });
      const bool right = message.find("(File too large). Is the disk full?") != std::string::npos;
      std::exit(right             ? 42
                : message.empty() ? 43
                                  : 44);  // exit: the library closes as in a program
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << "the library crashed after the disk was full";
    EXPECT_EQ(WEXITSTATUS(status), 42);
  }
}

}  // namespace
}  // namespace afterimage::hdf5
