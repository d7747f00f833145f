#include "afterimage/base/provenance.h"

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(const void* data, size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += digits[digest[i] >> 4];
      text += digits[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

constexpr uintmax_t whole_limit = uintmax_t{1} << 30;
constexpr std::streamsize block = 1 << 20;

std::ifstream opened(const fs::path& path) {
  if (fs::is_directory(path)) throw Error(path, "is a folder", "Name a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path, fs::exists(path) ? "cannot be read" : "no such file");
  return file;
}

std::string sampled_sha256(const fs::path& path, uintmax_t size) {
  auto file = opened(path);
  Sha256 hash;
  hash.add(&size, sizeof size);
  std::vector<char> buffer(block);
  constexpr uintmax_t samples = 64;
  for (uintmax_t i = 0; i < samples; ++i) {
    file.seekg(static_cast<std::streamoff>((size - block) * i / (samples - 1)));
    file.read(buffer.data(), block);
    hash.add(buffer.data(), static_cast<size_t>(file.gcount()));
  }
  return hash.hex();
}

nlohmann::json input_record(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path, "no such file or folder");
  nlohmann::json record{{"path", path.string()}};
  if (fs::is_directory(path)) return record;  // its own files carry their provenance
  const uintmax_t size = fs::file_size(path);
  record["bytes"] = size;
  if (size <= whole_limit) {
    record["sha256"] = sha256_of_file(path);
  } else {
    record["sampled_sha256"] = sampled_sha256(path, size);
  }
  return record;
}

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

std::string version() { return AFTERIMAGE_VERSION; }

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

std::string sha256_of_file(const fs::path& path) {
  auto file = opened(path);
  Sha256 hash;
  std::vector<char> buffer(block);
  while (file.read(buffer.data(), block) || file.gcount() > 0) {
    hash.add(buffer.data(), static_cast<size_t>(file.gcount()));
  }
  return hash.hex();
}

nlohmann::json provenance(const std::string& command_line, const nlohmann::json& run,
                          const nlohmann::json& options, const std::vector<fs::path>& inputs) {
  auto records = nlohmann::json::array();
  for (const auto& input : inputs) records.push_back(input_record(input));
  return {{"program", "afterimage"}, {"version", version()}, {"command", command_line},
          {"time", now_utc()},       {"run", run},           {"options", options},
          {"inputs", records}};
}

std::vector<std::string> transductive(const nlohmann::json& provenance) {
  std::vector<std::string> texts;
  if (!provenance.is_object() || !provenance.contains("transductive")) return texts;
  for (const auto& text : provenance["transductive"]) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

}  // namespace afterimage
