#include "afterimage/formats/video.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/libav.h"

extern "C" {
#include <libavformat/avformat.h>
}

namespace afterimage {
namespace {

struct CloseInput {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
using Input = std::unique_ptr<AVFormatContext, CloseInput>;

constexpr double instant = 1e-6;  // times are rounded to the file's own ticks

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
  throw Error(path, what, "Is it a video, and whole? Copy it again");
}

Input open(const std::filesystem::path& path, int& stream) {
  libav::be_quiet();
  if (!std::filesystem::is_regular_file(path)) throw Error(path, "no such file");
  AVFormatContext* opened = nullptr;
  int code = avformat_open_input(&opened, path.c_str(), nullptr, nullptr);
  Input input(opened);
  if (code >= 0) code = avformat_find_stream_info(input.get(), nullptr);
  if (code < 0) refuse(path, "cannot be opened (" + libav::message(code) + ")");
  stream = av_find_best_stream(input.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (stream < 0) refuse(path, "holds no video");
  return input;
}

libav::Context decoder_of(const AVStream& stream, const std::filesystem::path& path) {
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr) refuse(path, "is of a kind that libavcodec cannot decode here");
  libav::Context context(avcodec_alloc_context3(codec));
  if (!context) throw std::bad_alloc();
  int code = avcodec_parameters_to_context(context.get(), stream.codecpar);
  if (code >= 0) code = avcodec_open2(context.get(), codec, nullptr);
  if (code < 0) refuse(path, "cannot be decoded (" + libav::message(code) + ")");
  return context;
}

/// (3, H, W) uint8 RGB, with the colour matrix the file names.
at::Tensor rgb_of(const AVFrame& frame, const std::filesystem::path& path) {
  const libav::Scaler scaler(
      sws_getContext(frame.width, frame.height, static_cast<AVPixelFormat>(frame.format),
                     frame.width, frame.height, AV_PIX_FMT_RGB24,
                     SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP,
                     nullptr, nullptr, nullptr));
  if (!scaler) refuse(path, "has a picture format that cannot be converted");
  const int* matrix = sws_getCoefficients(
      frame.colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : frame.colorspace);
  sws_setColorspaceDetails(scaler.get(), matrix, frame.color_range == AVCOL_RANGE_JPEG, matrix, 1,
                           0, 1 << 16, 1 << 16);
  at::Tensor pixels = at::empty({frame.height, frame.width, 3}, at::kByte);  // (y, x, c)
  uint8_t* const target[] = {pixels.mutable_data_ptr<uint8_t>()};
  const int stride[] = {3 * frame.width};
  sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, target, stride);
  return pixels.permute({2, 0, 1}).contiguous();
}

}  // namespace

struct VideoFile::Impl {
  std::filesystem::path path;
  double first = 0, end = 0;  // seconds
};

VideoFile::~VideoFile() = default;

VideoFile::VideoFile(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  int number = -1;
  const Input input = open(path, number);
  const AVStream& stream = *input->streams[number];
  const double tick = av_q2d(stream.time_base);
  const double frame = stream.avg_frame_rate.num > 0 ? 1 / av_q2d(stream.avg_frame_rate) : 0;
  const libav::Packet packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  bool any = false;
  int code = 0;
  while ((code = av_read_frame(input.get(), packet.get())) >= 0) {
    if (packet->stream_index == number) {
      const int64_t shown = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
      const double start = static_cast<double>(shown) * tick;
      const double length =
          packet->duration > 0 ? static_cast<double>(packet->duration) * tick : frame;
      impl_->first = any ? std::min(impl_->first, start) : start;
      impl_->end = any ? std::max(impl_->end, start + length) : start + length;
      any = true;
    }
    av_packet_unref(packet.get());
  }
  if (code != AVERROR_EOF) refuse(path, "cannot be read (" + libav::message(code) + ")");
  if (!any || !std::isfinite(impl_->end)) refuse(path, "holds no pictures");
}

double VideoFile::seconds() const { return impl_->end - impl_->first; }

int64_t VideoFile::count(double rate) const {
  return std::max<int64_t>(0, std::llround(std::ceil((seconds() - instant) * rate)));
}

void VideoFile::read(double rate, int64_t frames,
                     const std::function<void(const at::Tensor&)>& use) const {
  TORCH_INTERNAL_ASSERT(frames <= count(rate));
  int number = -1;
  const Input input = open(impl_->path, number);
  const AVStream& stream = *input->streams[number];
  const auto decoder = decoder_of(stream, impl_->path);
  const libav::Packet packet(av_packet_alloc());
  libav::Frame shown(av_frame_alloc()), next(av_frame_alloc());
  if (!packet || !shown || !next) throw std::bad_alloc();
  int64_t done = 0;
  const auto show_until = [&](double time) {  // the frames that `shown` is on display for
    at::Tensor picture;
    while (shown->width > 0 && done < frames &&
           static_cast<double>(done) / rate < time - impl_->first - instant) {
      if (!picture.defined()) picture = rgb_of(*shown, impl_->path);
      use(picture);
      ++done;
    }
  };
  const auto receive = [&] {
    int code = 0;
    while (done < frames && (code = avcodec_receive_frame(decoder.get(), next.get())) >= 0) {
      show_until(static_cast<double>(next->best_effort_timestamp) * av_q2d(stream.time_base));
      av_frame_unref(shown.get());
      std::swap(shown, next);
    }
    return code;
  };
  while (done < frames && av_read_frame(input.get(), packet.get()) >= 0) {
    int code = 0;
    if (packet->stream_index == number) code = avcodec_send_packet(decoder.get(), packet.get());
    av_packet_unref(packet.get());
    if (code < 0) refuse(impl_->path, "cannot be decoded (" + libav::message(code) + ")");
    receive();
  }
  avcodec_send_packet(decoder.get(), nullptr);  // what the decoder still holds
  receive();
  show_until(impl_->end);
  if (done < frames) {
    refuse(impl_->path, concat("gives ", done, " of ", frames, " frames"));
  }
}

}  // namespace afterimage
