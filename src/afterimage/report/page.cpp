#include "afterimage/report/page.h"

#include "afterimage/base/data_dir.h"
#include "afterimage/base/output.h"
#include "afterimage/report/html.h"

namespace afterimage {

std::string fill_page(const PageParts& parts, const std::string& title, const nlohmann::json& data,
                      std::map<std::string, std::string> more) {
  const auto folder = data_dir() / "report";
  std::string styles, elements, hashes;
  for (const auto& name : parts.styles) styles += read_text(folder / name) + "\n";
  for (const auto& name : parts.scripts) {
    const std::string text = read_text(folder / name);
    elements += "<script>" + text + "</script>\n";
    hashes += " '" + policy_hash(text) + "'";
  }
  more.insert({{"title", html_escape(title)},
               {"policy", hashes},
               {"style", styles},
               {"data", script_json(data)},
               {"scripts", elements}});
  return fill_template(read_text(folder / parts.file), more);
}

}  // namespace afterimage
