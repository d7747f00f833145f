#include "afterimage/diffusion/word_split.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <array>

namespace afterimage::diffusion {
namespace {

enum class Sign { space, letter, number, other };

Sign kind_of(UChar32 c) {
  if (u_isUWhiteSpace(c)) return Sign::space;
  const auto category = U_GET_GC_MASK(c);
  if (category & U_GC_L_MASK) return Sign::letter;
  if (category & U_GC_N_MASK) return Sign::number;
  return Sign::other;
}

/// Lower case sign by sign, as the reference does it: a capital sigma becomes the same small one
/// wherever it stands.
std::u32string lower(const icu::UnicodeString& text) {
  constexpr UChar32 dotted_capital_i = 0x130, dot_above = 0x307;
  std::u32string small;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    small += static_cast<char32_t>(u_tolower(c));
    // The one letter whose small form is two signs.
    if (c == dotted_capital_i) small.back() = U'i', small += char32_t{dot_above};
  }
  return small;
}

/// Where the word that begins at `start` ends.
size_t word_end(const std::u32string& text, size_t start) {
  static constexpr std::array<std::u32string_view, 7> endings = {U"'s", U"'t",  U"'re", U"'ve",
                                                                 U"'m", U"'ll", U"'d"};
  const std::u32string_view rest = std::u32string_view(text).substr(start);
  for (const auto& ending : endings) {
    if (rest.starts_with(ending)) return start + ending.size();
  }
  const Sign kind = kind_of(static_cast<UChar32>(text[start]));
  size_t end = start + 1;
  if (kind == Sign::number) return end;  // digits stand alone
  while (end < text.size() && kind_of(static_cast<UChar32>(text[end])) == kind) ++end;
  return end;
}

/// "<|endoftext|>" in other letters, which is no mark but stands apart from signs around it.
std::u32string_view mark_at(const std::u32string& text, size_t start) {
  for (const std::u32string_view mark : {U"<|startoftext|>", U"<|endoftext|>"}) {
    if (std::u32string_view(text).substr(start).starts_with(mark)) return mark;
  }
  return {};
}

std::string utf8(std::u32string_view text) {
  icu::UnicodeString word;
  for (const char32_t sign : text) word.append(static_cast<UChar32>(sign));
  std::string bytes;
  return word.toUTF8String(bytes);
}

}  // namespace

std::vector<std::string> split_words(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* const composer = icu::Normalizer2::getNFCInstance(status);
  const auto composed = composer->normalize(icu::UnicodeString::fromUTF8(text), status);
  const std::u32string small = lower(composed);
  std::vector<std::string> words;
  for (size_t start = 0; start < small.size();) {
    if (kind_of(static_cast<UChar32>(small[start])) == Sign::space) {
      ++start;
      continue;
    }
    if (const auto mark = mark_at(small, start); !mark.empty()) {
      for (const auto part :
           {mark.substr(0, 2), mark.substr(2, mark.size() - 4), mark.substr(mark.size() - 2)}) {
        words.push_back(utf8(part));
      }
      start += mark.size();
      continue;
    }
    const size_t end = word_end(small, start);
    words.push_back(utf8(std::u32string_view(small).substr(start, end - start)));
    start = end;
  }
  return words;
}

}  // namespace afterimage::diffusion
