#pragma once

#include <string>
#include <vector>

namespace afterimage::diffusion {

/// The words CLIP's tokenizer makes of a text (UTF-8): composed (NFC), lower case, split into runs
/// of letters, single digits, runs of other signs, and the English endings 's 't 're 've 'm 'll 'd.
/// White space separates and is dropped.
std::vector<std::string> split_words(const std::string& text);

}  // namespace afterimage::diffusion
