#include "afterimage/report/html.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace afterimage {
namespace {

TEST(Html, EscapesWhatMarkupIsMadeOf) {
  EXPECT_EQ(html_escape("a<b & \"c\" > 'd'"), "a&lt;b &amp; &quot;c&quot; &gt; &#39;d&#39;");
}

TEST(Html, JsonCannotCloseItsElement) {
  const nlohmann::json json{{"name", "</script><!--<script>"}, {"raw", "\xff caf\xc3\xa9"}};
  const std::string text = script_json(json);
  EXPECT_EQ(text.find('<'), std::string::npos);
  const auto back = nlohmann::json::parse(text);
  EXPECT_EQ(back["name"], "</script><!--<script>");
  EXPECT_EQ(back["raw"], "\xef\xbf\xbd caf\xc3\xa9");
}

// The test vectors of RFC 4648, section 10.
TEST(Html, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

// SHA-256 of nothing (FIPS 180-4) and of "abc".
TEST(Html, PolicyHash) {
  EXPECT_EQ(policy_hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(policy_hash("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

TEST(Html, TemplateIsFilledInOnePass) {
  EXPECT_EQ(fill_template("a {{x}}, {{y}}, {{x}}", {{"x", "{{y}}"}, {"y", "2"}}),
            "a {{y}}, 2, {{y}}");
  EXPECT_EQ(fill_template("no keys", {}), "no keys");
  EXPECT_THROW(fill_template("{{unknown}}", {}), c10::Error);
  EXPECT_THROW(fill_template("{{open", {}), c10::Error);
}

}  // namespace
}  // namespace afterimage
