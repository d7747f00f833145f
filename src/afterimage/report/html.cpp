#include "afterimage/report/html.h"

#include <openssl/evp.h>

#include <array>

#include <c10/util/Exception.h>
#include <nlohmann/json.hpp>

namespace afterimage {

std::string script_json(const nlohmann::json& json) {
  const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {  // occurs within strings only
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

std::string policy_hash(std::string_view script) {
  std::array<char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(script.data(), script.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
             EVP_sha256(), nullptr);
  return "sha256-" + base64({digest.data(), size});
}

std::string fill_template(std::string_view page, const std::map<std::string, std::string>& values) {
  std::string out;
  while (true) {
    const size_t open = page.find("{{");
    out += page.substr(0, open);
    if (open == std::string_view::npos) return out;
    const size_t close = page.find("}}", open);
    TORCH_INTERNAL_ASSERT(close != std::string_view::npos, "report template: {{ without }}");
    const std::string key(page.substr(open + 2, close - open - 2));
    const auto value = values.find(key);
    TORCH_INTERNAL_ASSERT(value != values.end(), "report template: no value for ", key);
    out += value->second;
    page.remove_prefix(close + 2);
  }
}

}  // namespace afterimage
