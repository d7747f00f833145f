#include "afterimage/projections/learned_fields.h"

#include <ATen/ATen.h>

#include <cmath>

#include "afterimage/base/text.h"
#include "afterimage/projections/field_fit.h"
#include "afterimage/projections/projection.h"

namespace afterimage {
namespace {

constexpr double smallest = 1e-3;      // stimulus widths: a tenth of a pixel at 96 px
constexpr double unknown_size = 0.05;  // of a sensor whose centre is known but not its size

}  // namespace

Options LearnedFieldsImpl::options() {
  return {
      Option("start", start_, "where fields start: at the recording's, or knowing none")
          .one_of({"recording", "none"}),
      Option("move", move_, "how far centres and sizes may move in training")
          .one_of({"free", "bounded", "frozen"}),
      Option("reach", reach_, "farthest a bounded centre moves from its start, along x and y")
          .range(1e-6, 10)
          .unit("stimulus widths"),
      Option("rate", rate_, "learning rate of centres and sizes over that of the network")
          .range(0, 1000),
      Option("fit", fit_,
             "before training, move fields to where they lay out the images' colours best"),
      Option("start_size", start_size_, "size of fields that start without knowledge")
          .range(smallest, 10)
          .unit("stimulus widths"),
  };
}

void LearnedFieldsImpl::build(const Sensors& sensors, const RunContext& run,
                              const std::string& projection) {
  const int64_t count = sensors.count();
  auto x = at::full({count}, 0.5), y = at::full({count}, 0.5);
  auto size = at::full({count}, start_size_);
  active_ = at::ones({count});
  if (start_ == "none") {
    // Apart from one another, or all would see the same gradient and stay one field.
    const auto generator = run.generator("fields that start without knowledge");
    x += at::randn({count}, generator) * 0.1;
    y += at::randn({count}, generator) * 0.1;
  } else {
    for (int64_t s = 0; s < count; ++s) {
      const auto i = static_cast<size_t>(s);
      if (!sensors.mapped(s)) {
        active_[s] = 0;
        ++unplaced_;
        continue;
      }
      x[s] = sensors.x[i];
      y[s] = sensors.y[i];
      const bool sized = std::isfinite(sensors.size[i]);
      size[s] = sized ? std::max(sensors.size[i], smallest) : unknown_size;
      unsized_ += !sized;
    }
    if (unplaced_ == count) {
      refuse_unmapped(projection, "set projection.start = \"none\"");
    }
  }
  const bool learned = move_ != "frozen";
  const auto keep = [&](const std::string& name, const at::Tensor& start, at::Tensor& begin) {
    if (move_ != "bounded") return register_parameter(name, start, learned);
    begin = register_buffer("start_" + name, start);
    return register_parameter(name, at::zeros_like(start));
  };
  x_ = keep("x", x, start_x_);
  y_ = keep("y", y, start_y_);
  log_size_ = keep("log_size", size.log(), start_log_size_);
  active_ = register_buffer("active", active_);
}

std::vector<std::string> LearnedFieldsImpl::notes() const {
  return field_notes(unplaced_, unsized_, active_.numel(),
                     concat("they start at ", unknown_size, " stimulus widths"));
}

void LearnedFieldsImpl::start(const SampleSource& train, const RunContext& run) {
  if (fit_) move_to(fit_fields(train, now(), active_, run));
}

void LearnedFieldsImpl::move_to(const FieldTensors& fields) {
  const at::NoGradGuard no_grad;
  const auto steps = [](const at::Tensor& to, const at::Tensor& from, double reach) {
    return reach * ((to - from) / reach).clamp(-0.99, 0.99).atanh();
  };
  const bool bounded = move_ == "bounded";
  x_.copy_(bounded ? steps(fields.x, start_x_, reach_) : fields.x);
  y_.copy_(bounded ? steps(fields.y, start_y_, reach_) : fields.y);
  const auto log_size = fields.size.log();
  log_size_.copy_(bounded ? steps(log_size, start_log_size_, std::log(2.0)) : log_size);
}

FieldTensors LearnedFieldsImpl::now() const {
  if (move_ != "bounded") return {x_, y_, log_size_.clamp_min(std::log(smallest)).exp()};
  return {start_x_ + reach_ * (x_ / reach_).tanh(), start_y_ + reach_ * (y_ / reach_).tanh(),
          (start_log_size_ + std::log(2.0) * (log_size_ / std::log(2.0)).tanh()).exp()};
}

}  // namespace afterimage
