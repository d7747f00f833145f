#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace afterimage::diffusion {

/// CLIP's tokenizer: lower-cased words and punctuation, byte by byte, merged into the pieces of a
/// vocabulary (byte-pair encoding, Sennrich et al. 2016; Radford et al. 2021). Gives what
/// transformers' CLIPTokenizer gives: text is brought into Unicode's composed form (NFC), white
/// space counts as one space, and "<|startoftext|>" and "<|endoftext|>" in a text are these tokens.
/// The vocabulary comes with a checkpoint; none is part of Afterimage.
class Tokenizer {
 public:
  /// A folder with `vocab.json` and `merges.txt` (Hugging Face), or OpenAI's
  /// `bpe_simple_vocab_16e6.txt`, plain or `.gz`. Errors: missing, not of this form, a piece the
  /// merges make that the vocabulary lacks.
  explicit Tokenizer(const std::filesystem::path& path);

  /// The numbers of a text's pieces, without beginning and end. Bytes that are no UTF-8 count as
  /// U+FFFD.
  std::vector<int64_t> encode(const std::string& text) const;

  /// (n, length) numbers: beginning, as many pieces as fit, end, and ends as padding (what Stable
  /// Diffusion was trained with).
  at::Tensor encode(const std::vector<std::string>& texts, int64_t length) const;

  int64_t vocabulary() const { return static_cast<int64_t>(numbers_.size()); }
  int64_t start() const { return start_; }
  int64_t end() const { return end_; }

 private:
  void read_hugging_face(const std::filesystem::path& folder);
  void read_openai(const std::filesystem::path& file);
  void add_merge(const std::string& line, const std::filesystem::path& where);
  void check_complete(const std::filesystem::path& where);
  void encode_plain(const std::string& text, std::vector<int64_t>& numbers) const;
  void merge_word(const std::string& word, std::vector<int64_t>& numbers) const;

  std::unordered_map<std::string, int64_t> numbers_;  // of pieces, as vocab.json spells them
  std::unordered_map<std::string, size_t> ranks_;     // of merges, "left right"
  int64_t start_ = 0, end_ = 0;
};

}  // namespace afterimage::diffusion
