#include "afterimage/diffusion/tokenizer.h"

#include <ATen/ops/empty.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/json_file.h"
#include "afterimage/base/text.h"
#include "afterimage/diffusion/word_split.h"

namespace afterimage::diffusion {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view start_text = "<|startoftext|>", end_text = "<|endoftext|>";
const std::string word_end_mark = "</w>";

/// How vocabularies spell bytes: printable Latin-1 signs as they are, the others as U+0100 and on,
/// in UTF-8.
std::array<std::string, 256> byte_spellings() {
  std::array<std::string, 256> spellings;
  const auto utf8 = [](unsigned code) {  // below U+0800
    if (code < 0x80) return std::string(1, static_cast<char>(code));
    return std::string{static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
  };
  unsigned next = 256;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool shown = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) ||
                       (byte >= 0xAE && byte <= 0xFF);
    spellings[byte] = utf8(shown ? byte : next++);
  }
  return spellings;
}

const std::string& spelling(char byte) {
  static const auto spellings = byte_spellings();
  return spellings[static_cast<unsigned char>(byte)];
}

/// Lines of a text file, gzipped or not.
std::vector<std::string> read_lines(const fs::path& path) {
  if (!fs::is_regular_file(path)) throw Error(path, "no such file");
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  std::string text;
  std::array<char, 1 << 16> part;
  int count = 0;
  while (file && (count = gzread(file.get(), part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<size_t>(count));
  }
  int status = Z_OK;
  if (file) gzerror(file.get(), &status);
  if (!file || count < 0 || status == Z_BUF_ERROR) {
    throw Error(path, "ends in the middle or is damaged", "Copy the file again");
  }
  return split(text, '\n');
}

}  // namespace

Tokenizer::Tokenizer(const fs::path& path) {
  fs::is_directory(path) ? read_hugging_face(path) : read_openai(path);
  check_complete(path);
}

void Tokenizer::read_hugging_face(const fs::path& folder) {
  const auto table = read_json(folder / "vocab.json");
  for (const auto& [piece, number] : table.items()) {
    if (!number.is_number_unsigned()) {
      throw Error(folder / "vocab.json", "has no number for '" + piece + "'");
    }
    numbers_[piece] = number.get<int64_t>();
  }
  for (const auto& line : read_lines(folder / "merges.txt")) {
    if (!line.starts_with("#version") && !line.empty()) add_merge(line, folder / "merges.txt");
  }
}

void Tokenizer::read_openai(const fs::path& file) {
  // Pieces are numbered: bytes (first those spelled as themselves), bytes that end a word, merges,
  // beginning and end. Of the file's 262,145 lines CLIP uses the first 48,894 merges.
  constexpr size_t merges_used = 48894;
  std::vector<std::string> pieces;
  for (const bool own : {true, false}) {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string& text = spelling(static_cast<char>(byte));
      const bool is_own = text.size() == 1 || (byte >= 0xA1 && byte != 0xAD);
      if (is_own == own) pieces.push_back(text);
    }
  }
  for (size_t i = 0; i < 256; ++i) pieces.push_back(pieces[i] + word_end_mark);
  const auto lines = read_lines(file);
  for (size_t i = 1; i < lines.size() && i <= merges_used; ++i) {
    if (lines[i].empty()) continue;
    add_merge(lines[i], file);
    std::string piece = lines[i];
    piece.erase(piece.find(' '), 1);
    pieces.push_back(piece);
  }
  pieces.emplace_back(start_text);
  pieces.emplace_back(end_text);
  for (size_t i = 0; i < pieces.size(); ++i) numbers_[pieces[i]] = static_cast<int64_t>(i);
}

void Tokenizer::add_merge(const std::string& line, const fs::path& where) {
  if (std::count(line.begin(), line.end(), ' ') != 1) {
    throw Error(where, "has a line that is no merge of two pieces: '" + line.substr(0, 40) + "'",
                "Give CLIP's merges.txt or bpe_simple_vocab_16e6.txt");
  }
  ranks_.emplace(line, ranks_.size());
}

void Tokenizer::check_complete(const fs::path& where) {
  const auto number_of = [&](std::string_view piece) {
    const auto found = numbers_.find(std::string(piece));
    if (found == numbers_.end()) {
      throw Error(where, concat("its vocabulary lacks '", piece, "'"),
                  "Give vocab.json and merges.txt of the same tokenizer of CLIP");
    }
    return found->second;
  };
  start_ = number_of(start_text);
  end_ = number_of(end_text);
  for (const auto& [merge, rank] : ranks_) {
    std::string piece = merge;
    piece.erase(piece.find(' '), 1);
    number_of(piece);
  }
}

void Tokenizer::merge_word(const std::string& word, std::vector<int64_t>& numbers) const {
  std::vector<std::string> pieces;
  for (const char byte : word) pieces.push_back(spelling(byte));
  pieces.back() += word_end_mark;
  while (pieces.size() > 1) {
    // The pair that was merged first when the vocabulary was made, leftmost where it occurs twice.
    size_t best = 0, best_rank = std::numeric_limits<size_t>::max();
    for (size_t i = 0; i + 1 < pieces.size(); ++i) {
      const auto found = ranks_.find(pieces[i] + " " + pieces[i + 1]);
      if (found != ranks_.end() && found->second < best_rank) best = i, best_rank = found->second;
    }
    if (best_rank == std::numeric_limits<size_t>::max()) break;
    pieces[best] += pieces[best + 1];
    pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
  for (const auto& piece : pieces) {
    const auto found = numbers_.find(piece);
    numbers.push_back(found == numbers_.end() ? end_ : found->second);
  }
}

void Tokenizer::encode_plain(const std::string& text, std::vector<int64_t>& numbers) const {
  for (const auto& word : split_words(text)) merge_word(word, numbers);
}

std::vector<int64_t> Tokenizer::encode(const std::string& text) const {
  std::vector<int64_t> numbers;
  size_t done = 0;
  while (true) {
    const size_t start = text.find(start_text, done), end = text.find(end_text, done);
    const size_t mark = std::min(start, end);
    encode_plain(text.substr(done, mark == std::string::npos ? mark : mark - done), numbers);
    if (mark == std::string::npos) return numbers;
    numbers.push_back(mark == start ? start_ : end_);
    done = mark + (mark == start ? start_text : end_text).size();
  }
}

at::Tensor Tokenizer::encode(const std::vector<std::string>& texts, int64_t length) const {
  TORCH_INTERNAL_ASSERT(length >= 2);
  const at::Tensor table = at::empty({static_cast<int64_t>(texts.size()), length}, at::kLong);
  table.fill_(end_);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto numbers = encode(texts[i]);
    int64_t* const row = table.mutable_data_ptr<int64_t>() + static_cast<int64_t>(i) * length;
    row[0] = start_;
    const size_t fits = std::min(numbers.size(), static_cast<size_t>(length) - 2);
    std::copy_n(numbers.begin(), fits, row + 1);
  }
  return table;
}

}  // namespace afterimage::diffusion
