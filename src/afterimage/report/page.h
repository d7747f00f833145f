#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace afterimage {

/// What a self-contained page is made of: its template, styles and scripts lie in
/// data_dir()/report and are inlined; no other script can run (the page's policy names the hash of
/// each).
struct PageParts {
  std::string file;  ///< the template, with {{title}}, {{policy}}, {{style}}, {{data}}, {{scripts}}
  std::vector<std::string> styles;
  std::vector<std::string> scripts;  ///< in the order they run
};

/// The page that shows `data`; `more` are values of the template's other keys.
std::string fill_page(const PageParts& parts, const std::string& title, const nlohmann::json& data,
                      std::map<std::string, std::string> more = {});

}  // namespace afterimage
