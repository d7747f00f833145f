#include "afterimage/analysis/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "afterimage/base/text.h"

namespace afterimage {
namespace {

constexpr double width = 720, height = 320, left = 64, right = 12, top = 34, bottom = 64;

/// Colours that people with any kind of colour vision tell apart (Okabe & Ito 2008).
constexpr const char* standalone_style =
    "<style>text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}.zero{stroke:#888}"
    "[class^=series]{stroke-width:1.5}.lines path{fill:none}"
    ".series-0{fill:#0072b2;stroke:#0072b2}.series-1{fill:#e69f00;stroke:#e69f00}"
    ".series-2{fill:#009e73;stroke:#009e73}.series-3{fill:#cc79a7;stroke:#cc79a7}"
    ".series-4{fill:#56b4e9;stroke:#56b4e9}.series-5{fill:#d55e00;stroke:#d55e00}"
    ".series-6{fill:#8a7a00;stroke:#8a7a00}.series-7{fill:#555;stroke:#555}</style>";
constexpr size_t colours = 8;

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low, step = 1;

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  /// Round ends, a step apart from each other.
  void round() {
    if (!(low <= high)) low = 0, high = 1;
    if (low == high) high = low + 1;
    step = round_step(high - low);
    low = std::floor(low / step + 1e-9) * step;
    high = std::ceil(high / step - 1e-9) * step;
  }
};

/// Draws one chart; y runs up.
class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    const bool bars = chart.kind == Chart::Kind::bars || chart.kind == Chart::Kind::stacked;
    if (bars) y_.include(0);
    if (chart.kind == Chart::Kind::stacked) {
      for (size_t c = 0; c < chart.categories.size(); ++c) y_.include(total(c));
    } else {
      for (const auto& series : chart.series) {
        for (const double value : series.y) y_.include(value);
        for (const double value : series.x) x_.include(value);
      }
    }
    y_.round();
    if (bars) {
      x_ = {0, static_cast<double>(std::max<size_t>(1, chart.categories.size())), 1};
    } else {
      x_.round();
    }
  }

  std::string svg(bool standalone) const {
    std::string out = concat("<svg ", standalone ? "xmlns=\"http://www.w3.org/2000/svg\" " : "",
                             "viewBox=\"0 0 ", width, " ", height, "\" role=\"img\" aria-label=\"",
                             html_escape(chart_.title), "\">", standalone ? standalone_style : "");
    if (standalone) out += "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>";
    return out + axes() + marks() + legend() + labels() + "</svg>";
  }

 private:
  double x(double value) const {
    return left + (value - x_.low) / (x_.high - x_.low) * (width - left - right);
  }
  double y(double value) const {
    return height - bottom - (value - y_.low) / (y_.high - y_.low) * (height - top - bottom);
  }
  double total(size_t category) const {
    double sum = 0;
    for (const auto& series : chart_.series) {
      if (std::isfinite(series.y[category])) sum += series.y[category];
    }
    return sum;
  }

  std::string text(double at_x, double at_y, const std::string& what, const char* anchor) const {
    return concat("<text x=\"", decimal(at_x), "\" y=\"", decimal(at_y), "\" text-anchor=\"",
                  anchor, "\">", html_escape(what), "</text>");
  }

  std::string axes() const {
    std::string out;
    const auto steps = std::lround((y_.high - y_.low) / y_.step);
    for (long i = 0; i <= steps; ++i) {
      const double value = y_.low + static_cast<double>(i) * y_.step;
      out += concat("<path class=\"", std::abs(value) < y_.step * 1e-6 ? "zero" : "grid",
                    "\" d=\"M", left, " ", decimal(y(value)), "H", width - right, "\"/>",
                    text(left - 8, y(value) + 4, number(value, y_.step), "end"));
    }
    if (!chart_.categories.empty()) {
      const double slot = (width - left - right) / static_cast<double>(chart_.categories.size());
      const bool slanted = slot < 56;
      for (size_t c = 0; c < chart_.categories.size(); ++c) {
        const double middle = left + slot * (static_cast<double>(c) + 0.5);
        out += slanted ? concat("<text transform=\"translate(", decimal(middle + 4), " ",
                                height - bottom + 12, ") rotate(-40)\" text-anchor=\"end\">",
                                html_escape(chart_.categories[c]), "</text>")
                       : text(middle, height - bottom + 18, chart_.categories[c], "middle");
      }
      return out;
    }
    const auto columns = std::lround((x_.high - x_.low) / x_.step);
    for (long i = 0; i <= columns; ++i) {
      const double value = x_.low + static_cast<double>(i) * x_.step;
      out += text(x(value), height - bottom + 18, number(value, x_.step), "middle");
    }
    return out;
  }

  /// As many decimals as tell two steps apart.
  static std::string number(double value, double step) {
    char text[32];
    const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
    std::snprintf(text, sizeof text, "%.*f", decimals, std::abs(value) < step * 1e-6 ? 0 : value);
    return text;
  }

  std::string marks() const {
    std::string out;
    std::vector<double> base(chart_.categories.size(), 0.0);
    for (size_t s = 0; s < chart_.series.size(); ++s) {
      out += concat("<g class=\"series-", s % colours,
                    chart_.kind == Chart::Kind::lines ? " lines" : "", "\">");
      switch (chart_.kind) {
        case Chart::Kind::bars:
          out += bars(s);
          break;
        case Chart::Kind::stacked:
          out += stack(s, base);
          break;
        case Chart::Kind::lines:
          out += line(chart_.series[s]);
          break;
        case Chart::Kind::points:
          out += points(chart_.series[s]);
          break;
      }
      out += "</g>";
    }
    return out;
  }

  std::string rectangle(double from_x, double wide, double from, double to,
                        const std::string& what) const {
    const double upper = std::min(y(from), y(to)), lower = std::max(y(from), y(to));
    return concat("<rect x=\"", decimal(from_x), "\" y=\"", decimal(upper), "\" width=\"",
                  decimal(wide), "\" height=\"", decimal(lower - upper), "\"><title>",
                  html_escape(what), "</title></rect>");
  }

  std::string bars(size_t s) const {
    const double slot = (width - left - right) / static_cast<double>(chart_.categories.size());
    const double wide = slot * 0.8 / static_cast<double>(chart_.series.size());
    std::string out;
    for (size_t c = 0; c < chart_.categories.size(); ++c) {
      const double value = chart_.series[s].y[c];
      if (!std::isfinite(value)) continue;
      const double from =
          left + slot * (static_cast<double>(c) + 0.1) + static_cast<double>(s) * wide;
      out +=
          rectangle(from, wide, 0, value,
                    concat(chart_.categories[c], ", ", chart_.series[s].name, ": ", cell(value)));
    }
    return out;
  }

  std::string stack(size_t s, std::vector<double>& base) const {
    const double slot = (width - left - right) / static_cast<double>(chart_.categories.size());
    std::string out;
    for (size_t c = 0; c < chart_.categories.size(); ++c) {
      const double value = chart_.series[s].y[c];
      if (!std::isfinite(value)) continue;
      out += rectangle(
          left + slot * (static_cast<double>(c) + 0.1), slot * 0.8, base[c], base[c] + value,
          concat(chart_.categories[c], ", ", chart_.series[s].name, ": ", cell(value)));
      base[c] += value;
    }
    return out;
  }

  std::string line(const Series& series) const {
    std::string path;
    bool pen_down = false;
    for (size_t i = 0; i < series.y.size(); ++i) {
      if (std::isfinite(series.y[i]) && std::isfinite(series.x[i])) {
        path += concat(pen_down ? "L" : "M", decimal(x(series.x[i])), " ", decimal(y(series.y[i])));
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
      out += concat("<circle r=\"2\" cx=\"", decimal(x(series.x[i])), "\" cy=\"",
                    decimal(y(series.y[i])), "\"/>");
    }
    return out;
  }

  std::string legend() const {
    if (chart_.series.size() < 2) return {};
    std::string out;
    double at = left;
    for (size_t s = 0; s < chart_.series.size(); ++s) {
      const double wide = 30 + 6.5 * static_cast<double>(chart_.series[s].name.size());
      constexpr double more = 90;  // what is written when the others find no place
      if (at + wide + (s + 1 < chart_.series.size() ? more : 0) > width) {
        return out + text(at, 19, concat("and ", chart_.series.size() - s, " more"), "start");
      }
      out += concat("<rect class=\"series-", s % colours, "\" x=\"", decimal(at),
                    "\" y=\"10\" width=\"10\" height=\"10\"/>",
                    text(at + 15, 19, chart_.series[s].name, "start"));
      at += wide;
    }
    return out;
  }

  std::string labels() const {
    return text((left + width - right) / 2, height - 6, chart_.x_label, "middle") +
           concat("<text transform=\"translate(14 ", (top + height - bottom) / 2,
                  ") rotate(-90)\" text-anchor=\"middle\">", html_escape(chart_.y_label),
                  "</text>");
  }

  const Chart& chart_;
  Range x_, y_;
};

}  // namespace

double round_step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 5)));
  const double part = range / 5 / power;
  return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

std::string chart_svg(const Chart& chart, bool standalone) {
  return Drawing(chart).svg(standalone);
}

}  // namespace afterimage
