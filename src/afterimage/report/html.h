#pragma once

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/base/text.h"

namespace afterimage {

/// JSON made safe inside a <script> element: no '<' is left, so that no name can close the element
/// or open a comment. Bytes that are no UTF-8 become U+FFFD.
std::string script_json(const nlohmann::json& json);

/// Standard base64 (RFC 4648) with padding.
std::string base64(std::string_view bytes);

/// "sha256-..." as a Content-Security-Policy names an inline script.
std::string policy_hash(std::string_view script);

/// The template with each {{key}} replaced by its value, in one pass: what a value contains is
/// never taken for a key. A key without a value is a programming error.
std::string fill_template(std::string_view page, const std::map<std::string, std::string>& values);

}  // namespace afterimage
