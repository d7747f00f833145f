#include "afterimage/analysis/chart_frame.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "afterimage/analysis/chart.h"
#include "afterimage/base/text.h"

namespace afterimage::chart_frame {
namespace {

// Charts lie two or three side by side on the page: few pixels across make large letters there.
constexpr double line_height = 18, letter = 7;  // of 13 px text

double wide(const std::string& text) { return letter * static_cast<double>(text.size()); }

/// As many decimals as tell two steps apart.
std::string tick(double value, double step) {
  char text[32];
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  std::snprintf(text, sizeof text, "%.*f", decimals, std::abs(value) < step * 1e-6 ? 0 : value);
  return text;
}

double total(const Chart& chart, size_t category) {
  double sum = 0;
  for (const auto& series : chart.series) {
    if (std::isfinite(series.y[category])) sum += series.y[category];
  }
  return sum;
}

}  // namespace

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string text_at(double x, double y, const std::string& what, const char* anchor) {
  return concat("<text x=\"", decimal(x), "\" y=\"", decimal(y), "\" text-anchor=\"", anchor, "\">",
                html_escape(what), "</text>");
}

void Range::include(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

void Range::round() {
  if (!(low <= high)) low = 0, high = 1;
  if (low == high) high = low + 1;
  step = round_step(high - low);
  low = std::floor(low / step + 1e-9) * step;
  high = std::ceil(high / step - 1e-9) * step;
}

Frame::Frame(const Chart& chart) : chart_(chart) {
  choose_ranges();
  choose_margins();
}

double Frame::categories() const {
  return static_cast<double>(std::max<size_t>(1, chart_.categories.size()));
}

void Frame::choose_ranges() {
  const bool bars = chart_.kind == Chart::Kind::bars || chart_.kind == Chart::Kind::stacked;
  if (bars) y_.include(0);
  if (chart_.kind == Chart::Kind::stacked) {
    for (size_t c = 0; c < chart_.categories.size(); ++c) y_.include(total(chart_, c));
  } else {
    for (const auto& series : chart_.series) {
      for (const double value : series.x) x_.include(value);
      for (const auto* values : {&series.y, &series.low, &series.high}) {
        for (const double value : *values) y_.include(value);
      }
    }
  }
  if (chart_.over_stimulus) {
    for (const double value : {0.0, 1.0, x_.low, x_.high}) y_.include(value);
    x_ = y_;
    plot_width_ = plot_height_ = 340;
  }
  y_.round();
  x_.round();
  if (bars) x_ = {0, categories(), 1};
}

/// Room for the legend's rows above and for slanted names below.
void Frame::choose_margins() {
  double rows = 0;
  legend(&rows);
  top_ += rows;
  if (chart_.categories.empty() || !slanted()) return;
  double longest = 0;
  for (const auto& name : chart_.categories) longest = std::max(longest, wide(name));
  constexpr double most = 150, slope = 0.65;  // sin 40 degrees
  bottom_ = std::min(most, longest * slope + 18) + (chart_.x_label.empty() ? 0 : line_height);
}

bool Frame::slanted() const {
  return std::any_of(chart_.categories.begin(), chart_.categories.end(),
                     [this](const auto& name) { return wide(name) > slot() - 4; });
}

double Frame::x(double value) const {
  return left_ + (value - x_.low) / (x_.high - x_.low) * plot_width_;
}

double Frame::y(double value) const {
  const double up = (value - y_.low) / (y_.high - y_.low) * plot_height_;
  return chart_.over_stimulus ? top_ + up : base() - up;
}

double Frame::slot_start(size_t category) const {
  return left_ + slot() * static_cast<double>(category);
}

std::string Frame::vertical_axis() const {
  std::string out;
  const auto steps = std::lround((y_.high - y_.low) / y_.step);
  for (long i = 0; i <= steps; ++i) {
    const double value = y_.low + static_cast<double>(i) * y_.step;
    const bool zero = std::abs(value) < y_.step * 1e-6 && !chart_.over_stimulus;
    out += concat("<path class=\"", zero ? "zero" : "grid", "\" d=\"M", left_, " ",
                  decimal(y(value)), "H", left_ + plot_width_, "\"/>",
                  text_at(left_ - 8, y(value) + 4, tick(value, y_.step), "end"));
  }
  return out;
}

std::string Frame::horizontal_axis() const {
  std::string out;
  for (size_t c = 0; c < chart_.categories.size(); ++c) {
    const double middle = slot_start(c) + slot() / 2;
    out += slanted() ? concat("<text transform=\"translate(", decimal(middle + 4), " ",
                              decimal(base() + 14), ") rotate(-40)\" text-anchor=\"end\">",
                              html_escape(chart_.categories[c]), "</text>")
                     : text_at(middle, base() + line_height, chart_.categories[c], "middle");
  }
  if (!chart_.categories.empty()) return out;
  const auto columns = std::lround((x_.high - x_.low) / x_.step);
  for (long i = 0; i <= columns; ++i) {
    const double value = x_.low + static_cast<double>(i) * x_.step;
    out += text_at(x(value), base() + line_height, tick(value, x_.step), "middle");
  }
  return out;
}

std::string Frame::stimulus() const {
  if (!chart_.over_stimulus) return {};
  return concat("<path class=\"zero\" fill=\"none\" d=\"M", decimal(x(0)), " ", decimal(y(0)), "H",
                decimal(x(1)), "V", decimal(y(1)), "H", decimal(x(0)), "Z\"/>");
}

/// In rows, as many as `most_rows`; `height` gets what they take.
std::string Frame::legend(double* height) const {
  *height = 0;
  if (chart_.series.size() < 2) return {};
  constexpr int most_rows = 5;
  constexpr double square = 11, more = 80;  // what is written when others find no place
  std::string out;
  double x = left_, y = 12;
  int row = 1;
  for (size_t s = 0; s < chart_.series.size(); ++s) {
    const double entry = square + 8 + wide(chart_.series[s].name) + 10;
    const bool last = s + 1 == chart_.series.size();
    const double room = width() - x - (row == most_rows && !last ? more : 0);
    if (entry > room && x > left_) {
      if (row == most_rows) {
        out += text_at(x, y, concat("and ", chart_.series.size() - s, " more"), "start");
        break;
      }
      x = left_;
      y += line_height;
      ++row;
    }
    out += concat("<rect class=\"series-", s % colours, "\" x=\"", decimal(x), "\" y=\"",
                  decimal(y - 10), "\" width=\"", square, "\" height=\"", square, "\"/>",
                  text_at(x + square + 5, y, chart_.series[s].name, "start"));
    x += entry;
  }
  *height = row * line_height;
  return out;
}

std::string Frame::labels() const {
  const double middle = top_ + plot_height_ / 2;
  return text_at(left_ + plot_width_ / 2, height() - 8, chart_.x_label, "middle") +
         concat("<text transform=\"translate(15 ", decimal(middle),
                ") rotate(-90)\" text-anchor=\"middle\">", html_escape(chart_.y_label), "</text>");
}

std::string Frame::svg() const {
  double rows = 0;
  return vertical_axis() + horizontal_axis() + stimulus() + legend(&rows) + labels();
}

}  // namespace afterimage::chart_frame
