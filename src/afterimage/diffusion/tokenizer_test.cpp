#include "afterimage/diffusion/tokenizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage::diffusion {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(AFTERIMAGE_TEST_DATA) / "diffusion/tokenizer";

/// Texts of all kinds of signs, and what transformers' CLIPTokenizer made of them.
const nlohmann::json& cases() {
  static const auto list = nlohmann::json::parse(read_text(folder / "cases.json"));
  return list;
}

void expect_cases(const Tokenizer& tokenizer) {
  ASSERT_EQ(cases().size(), 1000u);
  int wrong = 0;
  for (const auto& each : cases()) {
    std::vector<int64_t> found = {tokenizer.start()};
    for (const int64_t number : tokenizer.encode(each[0].get<std::string>()))
      found.push_back(number);
    found.push_back(tokenizer.end());
    if (found == each[1].get<std::vector<int64_t>>()) continue;
    if (++wrong < 5) ADD_FAILURE() << each[0].dump();
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Tokenizer, AgreesWithTransformers) { expect_cases(Tokenizer(folder)); }

TEST(Tokenizer, ReadsOpenAisForm) {
  expect_cases(Tokenizer(folder / "bpe.txt"));
  const TemporaryFolder temporary;
  const fs::path zipped = temporary.path() / "bpe.txt.gz";
  const std::string text = read_text(folder / "bpe.txt");
  const gzFile file = gzopen(zipped.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  expect_cases(Tokenizer(zipped));
  const std::string whole = read_text(zipped);
  std::ofstream(zipped, std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_THROW(Tokenizer{zipped}, Error);
}

TEST(Tokenizer, PadsWithTheEndAndCutsWhatIsTooLong) {
  const Tokenizer tokenizer(folder);
  const int64_t start = tokenizer.start(), end = tokenizer.end();
  const auto table = tokenizer.encode({"", std::string(100, 'x')}, 5);
  EXPECT_EQ(table.sizes(), at::IntArrayRef({2, 5}));
  EXPECT_TRUE(at::equal(table[0], at::tensor({start, end, end, end, end})));
  EXPECT_EQ(table[1][0].item<int64_t>(), start);
  EXPECT_NE(table[1][3].item<int64_t>(), end);
  EXPECT_EQ(table[1][4].item<int64_t>(), end);
}

TEST(Tokenizer, RefusesWhatIsNoVocabulary) {
  const auto message = [](const fs::path& path) -> std::string {
    try {
      Tokenizer{path};
    } catch (const Error& error) {
      return error.what();
    }
    return "read without complaint";
  };
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  const TemporaryFolder temporary;
  expect(message(temporary.path()), "vocab.json");
  expect(message(temporary.path() / "bpe.txt"), "no such file");
  fs::copy_file(folder / "vocab.json", temporary.path() / "vocab.json");
  expect(message(temporary.path()), "merges.txt");
  std::ofstream(temporary.path() / "merges.txt") << "#version: 0.2\nq z\n";
  expect(message(temporary.path()), "lacks 'qz'");
  std::ofstream(temporary.path() / "merges.txt") << "three in one\n";
  expect(message(temporary.path()), "no merge");
  std::ofstream(temporary.path() / "merges.txt") << "#version: 0.2\n";
  std::ofstream(temporary.path() / "vocab.json") << R"({"a": 1})";
  expect(message(temporary.path()), "lacks '<|startoftext|>'");
  std::ofstream(temporary.path() / "vocab.json") << R"({"a": "b"})";
  expect(message(temporary.path()), "no number for 'a'");
}

}  // namespace
}  // namespace afterimage::diffusion
