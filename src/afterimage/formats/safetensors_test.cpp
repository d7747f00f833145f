#include "afterimage/formats/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

fs::path scratch(const std::string& name) { return fs::path(testing::TempDir()) / name; }

void write_bytes(const fs::path& path, const std::string& bytes) {
  fs::remove(path);  // overwriting in place waits for the disk
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A file of this JSON header and this many zero bytes of data.
std::string file_of(const std::string& header, size_t data = 0) {
  const uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\0');
}

std::string message_of(const std::string& bytes) {
  const fs::path path = scratch("hostile.safetensors");
  write_bytes(path, bytes);
  try {
    read_safetensors(path);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("hostile.safetensors"), std::string::npos);
    return error.what();
  }
  return "read without complaint";
}

TEST(Safetensors, EveryTypeComesBack) {
  const TensorMap tensors{
      {"double", at::arange(6, at::kDouble).reshape({2, 3}) / 7},
      {"float", at::arange(6, at::kFloat).reshape({2, 3}).t()},  // a strided view
      {"half", at::arange(3, at::kHalf)},
      {"bfloat", at::arange(3, at::kBFloat16)},
      {"long", at::tensor({int64_t{1} << 40, int64_t{-1}})},
      {"int", at::arange(3, at::kInt)},
      {"short", at::arange(3, at::kShort)},
      {"char", -at::arange(3, at::kChar)},
      {"byte", at::arange(253, 256, at::kByte)},
      {"bool", at::tensor({1, 0, 1}).to(at::kBool)},
      {"scalar", at::scalar_tensor(2.5)},
      {"empty", at::empty({0, 3})},
  };
  const TextMap metadata{{"format", "pt"}, {"note", "a \"quoted\" line\n"}};
  const fs::path path = scratch("types.safetensors");
  write_safetensors(path, tensors, metadata);

  TextMap metadata_read;
  const TensorMap read = read_safetensors(path, &metadata_read);
  EXPECT_EQ(metadata_read, metadata);
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(read.at(name), tensor)) << name;
  }
  uint64_t length = 0;
  std::memcpy(&length, read_text(path).data(), 8);
  EXPECT_EQ(length % 8, 0u);  // data starts aligned
}

TEST(Safetensors, ReadsWhatTheReferencePackageWrote) {
  const TensorMap read =
      read_safetensors(fs::path(AFTERIMAGE_TEST_DATA) / "formats/python.safetensors");
  ASSERT_EQ(read.size(), 3u);
  EXPECT_TRUE(at::equal(read.at("a"), at::arange(6, at::kFloat).reshape({2, 3}) / 4));
  EXPECT_TRUE(at::equal(read.at("b"), at::tensor({-1, 2, 300}, at::kShort)));
  EXPECT_TRUE(at::equal(read.at("c"), at::tensor({1, 0}).to(at::kBool)));
}

TEST(Safetensors, HostileHeadersAreRefused) {
  const auto entry = [](const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  EXPECT_EQ(message_of(file_of("{}")), "read without complaint");
  EXPECT_EQ(message_of(file_of(entry("[2]", "[0,8]"), 8)), "read without complaint");

  const auto refused = [](const std::string& bytes, const std::string& reason) {
    EXPECT_NE(message_of(bytes).find(reason), std::string::npos) << message_of(bytes);
  };
  refused("", "too short");
  refused(std::string(8, '\xff'), "header claims");
  refused(file_of(entry("[2]", "[0,8]"), 7), "ends at byte 8 of 7");
  refused(file_of(entry("[2]", "[0,8]"), 9), "1 bytes after its last tensor");
  refused(file_of(entry("[2]", "[1,9]"), 9), "starts at byte 1");
  refused(file_of(entry("[3]", "[0,8]"), 8), "need 12");
  refused(file_of(entry("[-2]", "[0,8]"), 8), "no size");
  refused(file_of(entry("[2.0]", "[0,8]"), 8), "no size");
  refused(file_of(entry("[1e400]", "[0,8]"), 8), "JSON");
  refused(file_of(entry("[18446744073709551615]", "[0,8]"), 8), "no size");
  refused(file_of(entry("[4611686018427387904,4]", "[0,0]")), "too large");
  refused(file_of(entry("[0,4611686018427387904,4]", "[0,0]")), "too large");
  refused(file_of(entry("[0]", "[8,0]"), 8), "data_offsets");
  refused(file_of(entry("[2]", "[0,8,8]"), 8), "data_offsets");
  refused(file_of(entry("2", "[0,8]"), 8), "no list 'shape'");
  refused(file_of(R"({"a":{"dtype":"F31","shape":[],"data_offsets":[0,4]}})", 4), "F31");
  refused(file_of(R"({"a":{"shape":[],"data_offsets":[0,4]}})", 4), "element type none");
  refused(file_of(R"({"a":3})"), "no JSON object");
  refused(file_of("[]"), "no JSON object");
  refused(file_of("{\"\xff\":1}"), "JSON");
  refused(file_of("{} x"), "JSON");
  refused(file_of(R"({"__metadata__":{"a":1}})"), "no text");
  refused(file_of(R"({"a":{},"a":{}})"), "twice");
  refused(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                  R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                  12),
          "overlaps");
  refused(file_of(std::string(100000, '[')), "JSON");
}

TEST(Safetensors, EveryPrefixAndFlippedBitIsRefusedOrRead) {
  const fs::path path = scratch("whole.safetensors");
  write_safetensors(path, {{"a", at::arange(5, at::kFloat)}, {"b", at::ones({2}, at::kLong)}},
                    {{"k", "v"}});
  const std::string whole = read_text(path);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(message_of(whole.substr(0, size)), "read without complaint") << size;
  }
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(message_of(flipped).empty());  // anything but Error leaves the test
  }
}

TEST(Safetensors, WhatCannotBeWrittenOrFoundIsAnError) {
  EXPECT_THROW(read_safetensors(scratch("absent.safetensors")), Error);
  EXPECT_THROW(read_safetensors(testing::TempDir()), Error);
  EXPECT_THROW(write_safetensors(scratch("absent/x.safetensors"), {}), Error);
  EXPECT_THROW(
      write_safetensors(scratch("x.safetensors"), {{"z", at::zeros({1}, at::kComplexFloat)}}),
      Error);
  EXPECT_THROW(write_safetensors("/dev/full", {{"a", at::zeros({100000})}}), Error);
}

TEST(Safetensors, MappedTensorsOutliveTheFileAndNeverChangeIt) {
  const fs::path path = scratch("mapped.safetensors");
  const auto written = at::arange(6, at::kFloat).reshape({2, 3});
  write_safetensors(path, {{"a", written}});
  const auto mapped = map_safetensors(path).at("a");
  mapped.add_(1);
  EXPECT_TRUE(at::equal(read_safetensors(path).at("a"), written));
  fs::remove(path);
  EXPECT_TRUE(at::equal(mapped, written + 1));
}

TEST(Safetensors, BytesThatDoNotLieAsTheTypeWantsAreCopied) {
  // A header of odd length moves the data to an odd address.
  std::string bytes = file_of(R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}} )", 16);
  if (bytes.size() % 2 == 0)
    bytes = file_of(R"({"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}})", 16);
  const double values[] = {1.5, -2};
  std::memcpy(bytes.data() + bytes.size() - 16, values, 16);
  write_bytes(scratch("odd.safetensors"), bytes);
  EXPECT_TRUE(at::equal(map_safetensors(scratch("odd.safetensors")).at("a"),
                        at::tensor({1.5, -2.0}, at::kDouble)));
}

TEST(Safetensors, AnIndexNamesItsShards) {
  const auto one = at::arange(3, at::kFloat), two = at::arange(4, at::kHalf);
  write_safetensors(scratch("m-1-of-2.safetensors"), {{"one", one}});
  write_safetensors(scratch("m-2-of-2.safetensors"), {{"two", two}});
  const fs::path index = scratch("m.safetensors.index.json");
  const auto refused = [&](const std::string& text) {
    write_bytes(index, text);
    try {
      map_safetensors(index);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("read without complaint");
  };
  write_bytes(index,
              R"({"weight_map": {"one": "m-1-of-2.safetensors", "two": "m-2-of-2.safetensors"}})");
  const auto all = map_safetensors(index);
  EXPECT_EQ(all.size(), 2u);
  EXPECT_TRUE(at::equal(all.at("one"), one) && at::equal(all.at("two"), two));

  EXPECT_NE(refused(R"({"weight_map": {"one": "m-3-of-3.safetensors"}})").find("is missing"),
            std::string::npos);
  EXPECT_NE(refused(R"({"weight_map": {"three": "m-1-of-2.safetensors"}})").find("lacks 'three'"),
            std::string::npos);
  EXPECT_NE(
      refused(R"({"weight_map": {"one": "../m-1-of-2.safetensors"}})").find("no file beside it"),
      std::string::npos);
  EXPECT_NE(refused("{").find("no index"), std::string::npos);
}

}  // namespace
}  // namespace afterimage
