#include "afterimage/formats/torch_archive.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path reference = fs::path(AFTERIMAGE_TEST_DATA) / "formats";
const std::string zip_form = "archive.pth", legacy_form = "legacy.pth";

using Read = TensorMap (*)(const fs::path&);

std::string message_of(const fs::path& path, Read read = read_weights) {
  try {
    read(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "read without complaint";
}

std::string message_of_bytes(const std::string& bytes, Read read = read_weights) {
  const fs::path path = fs::path(testing::TempDir()) / "damaged.pth";
  fs::remove(path);  // overwriting in place waits for the disk
  std::ofstream(path, std::ios::binary) << bytes;
  return message_of(path, read);
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(TorchArchive, BothFormsGiveWhatPythonSaved) {
  const TensorMap expected = read_safetensors(reference / "archive.safetensors");
  for (const auto& form : {zip_form, legacy_form}) {
    const TensorMap read = read_torch_archive(reference / form);
    ASSERT_EQ(read.size(), expected.size()) << form;
    for (const auto& [name, tensor] : expected) {
      ASSERT_TRUE(read.contains(name)) << form << " " << name;
      EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << form << " " << name;
      EXPECT_TRUE(at::equal(read.at(name), tensor)) << form << " " << name;
      EXPECT_TRUE(read.at(name).is_contiguous()) << form << " " << name;
    }
    EXPECT_EQ(read.at("whole").data_ptr(), read.at("shared").data_ptr());  // one storage, read once
  }
}

TEST(TorchArchive, ModelStateDictAndCheckpoint) {
  const TensorMap model = read_torch_archive(reference / "model.pth");
  ASSERT_EQ(model.size(), 7u);
  EXPECT_EQ(model.at("0.weight").sizes(), at::IntArrayRef({2, 1, 3, 3}));
  EXPECT_EQ(model.at("1.num_batches_tracked").scalar_type(), at::kLong);
  EXPECT_EQ(model.at("1.num_batches_tracked").item<int64_t>(), 3);
  const TensorMap nested = read_torch_archive(reference / "checkpoint.pth");
  ASSERT_EQ(nested.size(), model.size());
  for (const auto& [name, tensor] : model) EXPECT_TRUE(at::equal(nested.at(name), tensor)) << name;
}

TEST(TorchArchive, WeightsAreToldApartByContent) {
  EXPECT_EQ(read_weights(reference / zip_form).size(),
            read_weights(reference / legacy_form).size());
  EXPECT_EQ(read_weights(reference / "archive.safetensors").size(),
            read_weights(reference / zip_form).size());
  expect_contains(message_of("absent.pth"), "no such file");
  expect_contains(message_of(testing::TempDir()), "cannot be read");
}

TEST(TorchArchive, WhatIsNoStateDictIsRefusedAndNotRun) {
  fs::remove("afterimage-pickle-was-run");
  for (const char* name : {"hostile.pth", "hostile_legacy.pth"}) {
    const std::string message = message_of(reference / name);
    expect_contains(message, "'posix.system'");
    expect_contains(message, name);
  }
  EXPECT_FALSE(fs::exists("afterimage-pickle-was-run"));
  expect_contains(message_of(reference / "module.pth"), "'torch.nn.modules.linear.Linear'");
  expect_contains(message_of(reference / "number.pth"), "under 'epoch' that is no tensor");
  expect_contains(message_of(reference / "list.pth"), "no state dict");
  expect_contains(message_of(reference / "expanded.pth"), ".contiguous()");
  expect_contains(message_of(reference / "protocol4.pth"), "protocol");
}

TEST(TorchArchive, DamagedArchivesAreRefused) {
  // What the script changed: a storage entry left out, one cut short, a shape, offset or count that
  // leaves its storage, a changed byte, compressed entries, no data.pkl, deep nesting.
  expect_contains(message_of(reference / "bad_missing.pth"), "no entry 'data/0'");
  expect_contains(message_of(reference / "bad_short.pth"), "Expected 6 elements");
  for (const char* name : {"bad_shape.pth", "bad_offset.pth", "bad_huge.pth"}) {
    expect_contains(message_of(reference / name), "beyond its storage");
  }
  expect_contains(message_of(reference / "bad_checksum.pth"), "damaged");
  expect_contains(message_of(reference / "bad_compressed.pth"), "compressed");
  expect_contains(message_of(reference / "bad_other.pth"), "no data.pkl");
  expect_contains(message_of(reference / "bad_deep.pth"), "no state dict");
  expect_contains(message_of(reference / "bad_byteorder.pth"), "big-endian");
}

TEST(TorchArchive, MappedIsWhatIsRead) {
  for (const std::string form : {"archive.pth", "legacy.pth", "archive.safetensors"}) {
    const TensorMap read = read_weights(reference / form), mapped = map_weights(reference / form);
    ASSERT_EQ(mapped.size(), read.size()) << form;
    for (const auto& [name, tensor] : read) {
      EXPECT_EQ(mapped.at(name).scalar_type(), tensor.scalar_type()) << form << " " << name;
      EXPECT_TRUE(at::equal(mapped.at(name), tensor)) << form << " " << name;
    }
  }
  for (const char* name : {"hostile.pth", "bad_missing.pth", "bad_short.pth", "bad_shape.pth",
                           "bad_compressed.pth", "bad_other.pth"}) {
    EXPECT_EQ(message_of(reference / name, map_weights), message_of(reference / name)) << name;
  }
}

TEST(TorchArchive, DamagedFilesAreNotMapped) {
  const std::string whole = read_text(reference / zip_form);
  for (size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_NE(message_of_bytes(whole.substr(0, size), map_weights), "read without complaint")
        << size;
  }
  for (size_t bit = 0; bit < whole.size() * 8; bit += 11) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(message_of_bytes(flipped, map_weights).empty());
  }
}

TEST(TorchArchive, EveryPrefixIsRefused) {
  for (const auto& form : {zip_form, legacy_form}) {
    const std::string whole = read_text(reference / form);
    for (size_t size = 0; size < whole.size(); size += 3) {
      EXPECT_NE(message_of_bytes(whole.substr(0, size)), "read without complaint")
          << form << " " << size;
    }
  }
}

TEST(TorchArchive, FlippedBitsNeverCrash) {
  for (const auto& form : {zip_form, legacy_form}) {
    const std::string whole = read_text(reference / form);
    for (size_t bit = 0; bit < whole.size() * 8; bit += 11) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      EXPECT_FALSE(message_of_bytes(flipped).empty());  // anything but Error leaves the test
    }
  }
}

}  // namespace
}  // namespace afterimage
