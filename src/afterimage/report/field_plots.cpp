#include "afterimage/report/field_plots.h"

#include <array>
#include <string>
#include <vector>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/report/field_map.h"
#include "afterimage/report/field_sizes.h"

namespace afterimage {
namespace {

/// The light colours of the page's style sheet (assets/report/style.css).
constexpr std::array<const char*, series_colours> colours = {
    "#0067a3", "#c04e00", "#00785a", "#a8487f", "#8a6500", "#4a3aa7", "#2f8fbf", "#6c6c6c"};

/// Every <svg> element of the page's figures.
std::vector<std::string> drawings(const std::string& html) {
  const std::string open = "<svg ", close = "</svg>";
  std::vector<std::string> found;
  for (size_t at = html.find(open); at != std::string::npos; at = html.find(open, at)) {
    const size_t end = html.find(close, at) + close.size();
    found.push_back(html.substr(at, end - at));
    at = end;
  }
  return found;
}

std::string style(size_t roi) {
  std::string text = concat("<style>svg{background:#fff}.stimulus,.axes,.grid,.tick{fill:none;",
                            "stroke:#999;stroke-width:.7}text{fill:#444;font:12px sans-serif}",
                            "circle{fill:", colours[roi % series_colours],
                            ";stroke:", colours[roi % series_colours], ";stroke-width:.8}");
  for (size_t i = 0; i < series_colours; ++i) {
    text +=
        concat(".series-", i, " circle{fill:", colours[i], ";fill-opacity:.35;stroke:none}.series-",
               i, " .median{fill:none;stroke:", colours[i], ";stroke-width:2}");
  }
  return text + "</style>";
}

/// A drawing of the page as a document of its own.
std::string standalone(const std::string& svg, size_t roi) {
  const std::string open = "<svg ";
  const size_t content = svg.find('>') + 1;
  return concat(open, "xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" ",
                svg.substr(open.size(), content - open.size()), style(roi), svg.substr(content),
                "\n");
}

std::string file_name(const std::string& roi) {
  std::string name = roi.empty() ? "no ROI" : roi;
  for (char& letter : name) {
    if (letter == '/' || letter == '\0') letter = '_';
  }
  return name + ".svg";
}

}  // namespace

void write_field_plots(const RecordingInfo& info, const std::filesystem::path& out, bool force) {
  const auto svgs = drawings(field_figures(info));
  if (svgs.empty()) throw Error(out, "there is nothing to plot: no sensor is mapped");
  const auto rois = info.sensors.rois();
  Output folder(out, force);
  std::filesystem::create_directory(folder.path());
  for (size_t i = 0; i < svgs.size(); ++i) {
    const std::string name = i < rois.size() ? file_name(rois[i]) : "sizes.svg";
    write_text(folder.path() / name, standalone(svgs[i], i), false);
  }
  folder.commit();
}

}  // namespace afterimage
