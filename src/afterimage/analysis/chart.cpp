#include "afterimage/analysis/chart.h"

#include <algorithm>
#include <cmath>

#include "afterimage/analysis/chart_frame.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using chart_frame::colours;
using chart_frame::decimal;
using chart_frame::Frame;

/// Colours that people with any kind of colour vision tell apart (Okabe & Ito 2008).
constexpr const char* standalone_style =
    "<style>text{font:13px sans-serif;fill:#333}.grid{stroke:#ddd}.zero{stroke:#888}"
    ".error{stroke:#333;fill:none;stroke-width:1.2}"
    "[class^=series]{stroke-width:1.5}.lines path{fill:none}"
    ".series-0{fill:#0072b2;stroke:#0072b2}.series-1{fill:#e69f00;stroke:#e69f00}"
    ".series-2{fill:#009e73;stroke:#009e73}.series-3{fill:#cc79a7;stroke:#cc79a7}"
    ".series-4{fill:#56b4e9;stroke:#56b4e9}.series-5{fill:#d55e00;stroke:#d55e00}"
    ".series-6{fill:#8a7a00;stroke:#8a7a00}.series-7{fill:#555;stroke:#555}</style>";

/// Draws what a chart's series hold into its frame.
class Marks {
 public:
  Marks(const Chart& chart, const Frame& frame) : chart_(chart), frame_(frame) {}

  std::string svg() const {
    std::string out, errors;
    std::vector<double> base(chart_.categories.size(), 0.0);
    for (size_t s = 0; s < chart_.series.size(); ++s) {
      out +=
          concat("<g class=\"series-", s % colours,
                 chart_.kind == Chart::Kind::lines ? " lines" : "", "\">", marks(s, base), "</g>");
      errors += error_bars(s);
    }
    return errors.empty() ? out : out + "<g class=\"error\">" + errors + "</g>";
  }

 private:
  std::string marks(size_t s, std::vector<double>& base) const {
    switch (chart_.kind) {
      case Chart::Kind::bars:
        return bars(s);
      case Chart::Kind::stacked:
        return stack(s, base);
      case Chart::Kind::lines:
        return line(chart_.series[s]);
      case Chart::Kind::points:
        return points(chart_.series[s]);
    }
    return {};
  }

  double bar_width() const {
    return frame_.slot() * 0.8 / static_cast<double>(chart_.series.size());
  }
  double bar_start(size_t s, size_t category) const {
    return frame_.slot_start(category) + 0.1 * frame_.slot() + static_cast<double>(s) * bar_width();
  }

  std::string rectangle(double from_x, double wide, double from, double to,
                        const std::string& what) const {
    const double upper = std::min(frame_.y(from), frame_.y(to));
    const double lower = std::max(frame_.y(from), frame_.y(to));
    return concat("<rect x=\"", decimal(from_x), "\" y=\"", decimal(upper), "\" width=\"",
                  decimal(wide), "\" height=\"", decimal(lower - upper), "\"><title>",
                  html_escape(what), "</title></rect>");
  }

  std::string what(size_t s, size_t category) const {
    const Series& series = chart_.series[s];
    std::string text =
        concat(chart_.categories[category], ", ", series.name, ": ", shown(series.y[category]));
    if (has_interval(series, category)) {
      text += concat(" (", shown(series.low[category]), " to ", shown(series.high[category]), ")");
    }
    return text;
  }

  std::string bars(size_t s) const {
    std::string out;
    for (size_t c = 0; c < chart_.categories.size(); ++c) {
      const double value = chart_.series[s].y[c];
      if (!std::isfinite(value)) continue;
      out += rectangle(bar_start(s, c), bar_width(), 0, value, what(s, c));
    }
    return out;
  }

  std::string stack(size_t s, std::vector<double>& base) const {
    std::string out;
    for (size_t c = 0; c < chart_.categories.size(); ++c) {
      const double value = chart_.series[s].y[c];
      if (!std::isfinite(value)) continue;
      out += rectangle(bar_start(0, c), frame_.slot() * 0.8, base[c], base[c] + value, what(s, c));
      base[c] += value;
    }
    return out;
  }

  std::string line(const Series& series) const {
    std::string path;
    bool pen_down = false;
    for (size_t i = 0; i < series.y.size(); ++i) {
      if (std::isfinite(series.y[i]) && std::isfinite(series.x[i])) {
        path += concat(pen_down ? "L" : "M", decimal(frame_.x(series.x[i])), " ",
                       decimal(frame_.y(series.y[i])));
        pen_down = true;
      } else {
        pen_down = false;
      }
    }
    return concat("<path d=\"", path, "\"/>");
  }

  std::string points(const Series& series) const {
    std::string out;
    for (size_t i = 0; i < series.y.size(); ++i) {
      if (!std::isfinite(series.y[i]) || !std::isfinite(series.x[i])) continue;
      out += concat("<circle r=\"2\" cx=\"", decimal(frame_.x(series.x[i])), "\" cy=\"",
                    decimal(frame_.y(series.y[i])), "\"/>");
    }
    return out;
  }

  static bool has_interval(const Series& series, size_t i) {
    return i < series.low.size() && std::isfinite(series.y[i]) && std::isfinite(series.low[i]) &&
           std::isfinite(series.high[i]);
  }

  std::string error_bars(size_t s) const {
    const Series& series = chart_.series[s];
    const bool bars = chart_.kind == Chart::Kind::bars;
    const double cap = bars ? std::min(4.0, bar_width() / 4) : 3;
    std::string path;
    for (size_t i = 0; i < series.y.size(); ++i) {
      if (!has_interval(series, i)) continue;
      const double x = bars ? bar_start(s, i) + bar_width() / 2 : frame_.x(series.x[i]);
      const std::string low = decimal(frame_.y(series.low[i]));
      const std::string high = decimal(frame_.y(series.high[i]));
      path += concat("M", decimal(x), " ", low, "V", high);
      for (const auto& end : {low, high}) {
        path += concat("M", decimal(x - cap), " ", end, "h", decimal(2 * cap));
      }
    }
    return path.empty() ? "" : concat("<path d=\"", path, "\"/>");
  }

  const Chart& chart_;
  const Frame& frame_;
};

}  // namespace

double round_step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 5)));
  const double part = range / 5 / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

std::string chart_svg(const Chart& chart, bool standalone) {
  const Frame frame(chart);
  std::string out =
      concat("<svg ", standalone ? "xmlns=\"http://www.w3.org/2000/svg\" " : "", "viewBox=\"0 0 ",
             frame.width(), " ", decimal(frame.height()), "\" role=\"img\" aria-label=\"",
             html_escape(chart.title), "\">", standalone ? standalone_style : "");
  if (standalone) out += "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>";
  return out + frame.svg() + Marks(chart, frame).svg() + "</svg>";
}

}  // namespace afterimage
