#include <ATen/Functions.h>

#include <climits>
#include <cstring>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"
#include "afterimage/formats/image_container.h"
#include "afterimage/formats/libav.h"

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace afterimage {
namespace {

namespace fs = std::filesystem;

constexpr int64_t most_pixels = int64_t{1} << 28;

AVCodecID codec_of(ImageKind kind) {
  switch (kind) {
    case ImageKind::jpeg:
      return AV_CODEC_ID_MJPEG;
    case ImageKind::png:
      return AV_CODEC_ID_PNG;
    case ImageKind::webp:
      return AV_CODEC_ID_WEBP;
    case ImageKind::tiff:
      return AV_CODEC_ID_TIFF;
  }
  TORCH_INTERNAL_ASSERT(false, "unknown image kind");
}

[[noreturn]] void undecodable(const fs::path& path, const std::string& reason) {
  throw Error(path, "cannot be decoded (" + reason + ")",
              "The file is corrupt or of a kind that is not supported; copy it again or save it as "
              "PNG");
}

libav::Context decoder_for(ImageKind kind, const fs::path& path) {
  const AVCodec* codec = avcodec_find_decoder(codec_of(kind));
  if (!codec) undecodable(path, "this build of libavcodec has no decoder for it");
  libav::Context context(avcodec_alloc_context3(codec));
  if (!context) throw std::bad_alloc();
  // Without these the decoders paint over what they cannot read.
  context->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
  context->max_pixels = most_pixels;
  const int code = avcodec_open2(context.get(), codec, nullptr);
  if (code < 0) undecodable(path, libav::message(code));
  return context;
}

libav::Packet packet_of(std::string_view bytes, const fs::path& path) {
  libav::Packet packet(av_packet_alloc());
  if (bytes.size() > INT_MAX / 2) undecodable(path, "larger than 1 GiB");
  if (!packet || av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0) {
    throw std::bad_alloc();
  }
  std::memcpy(packet->data, bytes.data(), bytes.size());
  return packet;
}

libav::Frame decode(const ImageContainer& image, const fs::path& path) {
  const auto context = decoder_for(image.kind, path);
  const auto packet = packet_of(image.picture, path);
  if (image.kind == ImageKind::tiff) {
    keep_pixel_tags({reinterpret_cast<char*>(packet->data), static_cast<size_t>(packet->size)});
  }
  libav::Frame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  int code = avcodec_send_packet(context.get(), packet.get());
  if (code >= 0) code = avcodec_send_packet(context.get(), nullptr);
  if (code >= 0) code = avcodec_receive_frame(context.get(), frame.get());
  if (code < 0) undecodable(path, libav::message(code));
  if (frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
    undecodable(path, "part of the picture is missing");
  }
  return frame;
}

const AVPixFmtDescriptor& format_of(const AVFrame& frame, const fs::path& path) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  if (!description || !sws_isSupportedInput(format)) undecodable(path, "unknown pixel format");
  return *description;
}

/// Which range the luma of the frame has: JPEG's uses all 256 levels, WebP's 16..235.
int full_range(const AVFrame& frame, const AVPixFmtDescriptor& format) {
  const bool rgb = (format.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
  const bool gray = format.nb_components <= 2;
  return rgb || gray || frame.color_range == AVCOL_RANGE_JPEG ||
         std::string_view(format.name).starts_with("yuvj");
}

libav::Scaler scaler_between(const AVFrame& from, const AVFrame& to, const fs::path& path) {
  libav::Scaler scaler(sws_alloc_context());
  if (!scaler) throw std::bad_alloc();
  const auto set = [&](const char* name, int64_t value) {
    const int code = av_opt_set_int(scaler.get(), name, value, 0);
    TORCH_INTERNAL_ASSERT(code >= 0, name);
  };
  set("srcw", from.width);
  set("srch", from.height);
  set("src_format", from.format);
  set("dstw", to.width);
  set("dsth", to.height);
  set("dst_format", to.format);
  set("sws_flags", SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP);
  const int* bt601 = sws_getCoefficients(SWS_CS_ITU601);
  sws_setColorspaceDetails(scaler.get(), bt601, full_range(from, format_of(from, path)), bt601, 1,
                           0, 1 << 16, 1 << 16);
  const int code = sws_init_context(scaler.get(), nullptr, nullptr);
  if (code < 0) undecodable(path, libav::message(code));
  return scaler;
}

libav::Frame empty_frame(const AVFrame& like, AVPixelFormat format) {
  libav::Frame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  frame->format = format;
  frame->width = like.width;
  frame->height = like.height;
  frame->color_range = like.color_range;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
  return frame;
}

/// A plane of bytes of a frame, not copied: (y, x).
at::Tensor plane_of(const AVFrame& frame, int plane, int64_t height, int64_t width) {
  return at::from_blob(frame.data[plane], {height, width}, {frame.linesize[plane], 1}, at::kByte);
}

/// The same picture with as much chroma as luma, interpolated linearly between sample centres (the
/// centres lie in the middle of their luma samples in JPEG, JFIF 1.02, and in WebP). The library
/// itself would stretch chroma over odd sizes and takes the nearest row on the way to RGB.
libav::Frame with_full_chroma(const AVFrame& frame, const AVPixFmtDescriptor& format,
                              const fs::path& path) {
  if (format.comp[0].depth != 8 || format.nb_components < 3) undecodable(path, "unusual chroma");
  const bool alpha = (format.flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
  const int64_t height = frame.height, width = frame.width;
  auto full = empty_frame(frame, alpha                       ? AV_PIX_FMT_YUVA444P
                                 : full_range(frame, format) ? AV_PIX_FMT_YUVJ444P
                                                             : AV_PIX_FMT_YUV444P);
  for (int plane = 0; plane < format.nb_components; ++plane) {
    const bool chroma = plane == 1 || plane == 2;
    const int64_t step_y = chroma ? int64_t{1} << format.log2_chroma_h : 1;
    const int64_t step_x = chroma ? int64_t{1} << format.log2_chroma_w : 1;
    const int64_t rows = (height + step_y - 1) / step_y, columns = (width + step_x - 1) / step_x;
    at::Tensor samples = plane_of(frame, plane, rows, columns);
    if (chroma) {
      samples = at::upsample_bilinear2d(samples.to(at::kFloat).view({1, 1, rows, columns}),
                                        {rows * step_y, columns * step_x}, /*align_corners=*/false)
                    .round()[0][0]
                    .slice(0, 0, height)
                    .slice(1, 0, width);  // (y, x)
    }
    plane_of(*full, plane, height, width).copy_(samples);
  }
  return full;
}

/// (4, y, x): colours by BT.601, and alpha.
at::Tensor rgba_of(libav::Frame frame, const fs::path& path) {
  const AVPixFmtDescriptor& format = format_of(*frame, path);
  const bool subsampled = format.log2_chroma_w + format.log2_chroma_h > 0;
  if (subsampled) frame = with_full_chroma(*frame, format, path);
  const auto rgba = empty_frame(*frame, AV_PIX_FMT_RGBA);
  const auto scaler = scaler_between(*frame, *rgba, path);
  const int rows = sws_scale(scaler.get(), frame->data, frame->linesize, 0, frame->height,
                             rgba->data, rgba->linesize);
  if (rows != frame->height) undecodable(path, "colour conversion failed");
  return at::from_blob(rgba->data[0], {frame->height, frame->width, 4}, {rgba->linesize[0], 4, 1},
                       at::kByte)  // (y, x, c)
      .permute({2, 0, 1})
      .clone();
}

at::Tensor over_white(const at::Tensor& rgba) {
  const at::Tensor colour = rgba.narrow(0, 0, 3), alpha = rgba.narrow(0, 3, 1);
  if (alpha.min().item<uint8_t>() == 255) return colour;
  const at::Tensor weight = alpha.to(at::kFloat) / 255;
  return (colour.to(at::kFloat) * weight + 255 * (1 - weight)).round().to(at::kByte);
}

/// EXIF 2.32, tag 0x0112. `image`: (3, y, x) as stored.
at::Tensor upright(at::Tensor image, int orientation) {
  if (orientation >= 5) image = image.transpose(1, 2);
  switch (orientation) {
    case 2:
    case 6:
      return image.flip({2});
    case 3:
    case 7:
      return image.flip({1, 2});
    case 4:
    case 8:
      return image.flip({1});
    default:
      return image;
  }
}

}  // namespace

at::Tensor read_image(const fs::path& path) {
  libav::be_quiet();
  const std::string bytes = read_text(path);
  const ImageContainer image = inspect_image(bytes, path);
  return upright(over_white(rgba_of(decode(image, path), path)), image.orientation).contiguous();
}

}  // namespace afterimage
