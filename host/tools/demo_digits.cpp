// SPDX-License-Identifier: Apache-2.0
//
// tinium demo digits: real images through a trained network on a core, every logit compared with
// the emulator bit by bit, the accuracy with NumPy's. The files are described in
// data/digits/README.md.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "commands.hpp"
#include "digits_files.hpp"
#include "files.hpp"
#include "progress.hpp"
#include "tinium/context.hpp"
#include "tinium/mlp.hpp"

namespace tinium::tools {
namespace {

constexpr std::size_t kSide = 8;
static_assert(kSide * kSide == kPixels);

/// The network on one device: weights uploaded once, one launch per batch.
class Classifier {
 public:
  Classifier(Context& context, const Network& network)
      : context_(context),
        network_(network),
        weights1_(context.upload(network.weights1)),
        bias1_(context.upload(network.bias1)),
        weights2_(context.upload(network.weights2)),
        bias2_(context.upload(network.bias2)) {}

  /// Logits [outputs, batch] of pixels [inputs, batch].
  Tensor run(const Tensor& x, Completion* completion) {
    MlpShape shape{network_.inputs, network_.hidden, network_.outputs, x.cols()};
    const GemmProgram built = build_mlp(context_.capabilities(), shape);
    const auto program = context_.load(built.image);
    const auto input = context_.upload(x);
    const auto logits = context_.allocate(DType::fp32, network_.outputs, x.cols());
    *completion = context_.run(program,
                               {slot_of(input, true, false), slot_of(weights1_, true, false),
                                slot_of(bias1_, true, false), slot_of(weights2_, true, false),
                                slot_of(bias2_, true, false), slot_of(logits, false, true)},
                               built.estimate_cycles * 32 + 4'000'000, "demo digits");
    return context_.download(logits);
  }

 private:
  Context& context_;
  const Network& network_;
  DeviceTensor weights1_, bias1_, weights2_, bias2_;
};

/// An 8 x 8 image as four lines of half blocks in five shades.
std::vector<std::string> picture(const Image& image) {
  constexpr std::array<const char*, 5> kShades = {"  ", "░░", "▒▒", "▓▓", "██"};
  std::vector<std::string> lines;
  for (std::size_t y = 0; y < kSide; ++y) {
    std::string line;
    for (std::size_t x = 0; x < kSide; ++x) {
      const float value = image.pixels[y * kSide + x];
      line += kShades[static_cast<std::size_t>(std::lround(value / kWhite * 4))];
    }
    lines.push_back(line);
  }
  return lines;
}

void show(const std::vector<Image>& images, const std::vector<std::uint32_t>& chosen,
          const std::vector<std::uint32_t>& held_out,
          const std::vector<std::uint32_t>& predictions) {
  for (std::size_t y = 0; y < kSide; ++y) {
    for (const std::uint32_t i : chosen)
      std::printf("  %s", picture(images[held_out[i]])[y].c_str());
    std::printf("\n");
  }
  for (const std::uint32_t i : chosen) {
    const bool right = predictions[i] == images[held_out[i]].label;
    char caption[40];
    std::snprintf(caption, sizeof caption, "says %u%s", predictions[i],
                  right ? "" : (", is " + std::to_string(images[held_out[i]].label)).c_str());
    std::printf("  %-16s", caption);
  }
  std::printf("\n\n");
}

}  // namespace

int demo_digits(const DigitsOptions& options) {
  const std::string folder = options.data.empty() ? TINIUM_DATA_DIR "/digits" : options.data;
  const auto images = read_images(folder + "/digits.csv.gz");
  const std::string network_path = folder + "/weights.bin";
  const Network network = parse_network(read_file(network_path), network_path);
  const std::string reference_path = folder + "/reference.json";
  const double numpy_accuracy = parse_accuracy(read_file(reference_path), reference_path);
  for (const std::uint32_t index : network.held_out) {
    if (index >= images.size()) {
      throw Error(ErrorCode::io, "demo digits", "held-out images are in the data set",
                  "file=" + network_path);
    }
  }

  Context context{options.device};
  const Capabilities core = context.capabilities();
  // The same network on the emulator of the same configuration: the other side of the comparison.
  Context emulator{"emu:" + core.config};
  const MlpShape shape{network.inputs, network.hidden, network.outputs, 0};
  const std::uint64_t batch = largest_mlp_batch(core, shape, options.batch);
  if (batch == 0) {
    throw Error(ErrorCode::unsupported, "demo digits", "the network fits the SBUF of the core",
                "device=" + options.device);
  }
  std::printf("%zu held-out images, %u-%u-%u network, batches of %llu on %s (%u x %u PEs)\n",
              network.held_out.size(), network.inputs, network.hidden, network.outputs,
              static_cast<unsigned long long>(batch), options.device.c_str(), core.array_rows,
              core.array_cols);
  std::fflush(stdout);

  Classifier classifier(context, network);
  Classifier golden(emulator, network);
  std::vector<std::uint32_t> predictions(network.held_out.size());
  std::uint64_t cycles = 0;
  std::uint64_t vectors = 0;
  std::uint64_t different = 0;
  std::uint64_t logits_compared = 0;
  const auto begin = std::chrono::steady_clock::now();
  {
    Progress progress("classifying", network.held_out.size());
    for (std::size_t first = 0; first < network.held_out.size(); first += batch) {
      const std::size_t count = std::min<std::size_t>(batch, network.held_out.size() - first);
      Tensor x(DType::bf16, kPixels, count);
      for (std::size_t c = 0; c < count; ++c) {
        for (std::size_t p = 0; p < kPixels; ++p) {
          // A sixteenth of 0 to 16: exact in BF16.
          const float value = images[network.held_out[first + c]].pixels[p] / kWhite;
          x.set_bits(p, c, encode(DType::bf16, value));
        }
      }
      Completion completion;
      Completion unused;
      const Tensor logits = classifier.run(x, &completion);
      const Tensor expected = golden.run(x, &unused);
      cycles += completion.counters.cycles;
      vectors += completion.counters.tensor_vectors;
      for (std::size_t c = 0; c < count; ++c) {
        std::uint32_t best = 0;
        for (std::uint32_t o = 0; o < network.outputs; ++o) {
          if (logits.value(o, c) > logits.value(best, c)) best = o;
          different += logits.bits(o, c) != expected.bits(o, c);
          ++logits_compared;
        }
        predictions[first + c] = best;
      }
      progress.update(first + count,
                      std::to_string(first + count) + " of " + std::to_string(predictions.size()));
    }
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::size_t correct = 0;
  std::vector<std::uint32_t> wrong;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (predictions[i] == images[network.held_out[i]].label) {
      ++correct;
    } else {
      wrong.push_back(static_cast<std::uint32_t>(i));
    }
  }
  std::mt19937_64 rng(options.seed);
  std::vector<std::uint32_t> chosen;
  while (chosen.size() < std::min<std::size_t>(3, predictions.size())) {
    chosen.push_back(static_cast<std::uint32_t>(rng() % predictions.size()));
  }
  if (!wrong.empty()) chosen.push_back(wrong[rng() % wrong.size()]);
  std::printf("\n");
  show(images, chosen, network.held_out, predictions);

  const double accuracy = static_cast<double>(correct) / static_cast<double>(predictions.size());
  const double macs = static_cast<double>(network.inputs + network.outputs) * network.hidden *
                      static_cast<double>(predictions.size());
  const double pes = double{1} * core.array_rows * core.array_cols;
  std::printf("accuracy       %zu of %zu, %.2f %% (NumPy: %.2f %%)\n", correct, predictions.size(),
              accuracy * 100, numpy_accuracy * 100);
  std::printf("bit identity   %llu of %llu logits equal the emulator's\n",
              static_cast<unsigned long long>(logits_compared - different),
              static_cast<unsigned long long>(logits_compared));
  if (core.cycles_are_measured) {
    std::printf("cycles         %llu, %.0f per image, doorbell to done with all transfers\n",
                static_cast<unsigned long long>(cycles),
                static_cast<double>(cycles) / static_cast<double>(predictions.size()));
    std::printf("utilisation    %.1f %% of %.0f MAC per cycle; array busy %.1f %% of the time\n",
                macs / static_cast<double>(cycles) / pes * 100, pes,
                static_cast<double>(vectors) / static_cast<double>(cycles) * 100);
  }
  std::printf("host           %.2f s, with the emulator's run beside it\n", seconds);

  const bool good =
      different == 0 && accuracy >= 0.95 && std::fabs(accuracy - numpy_accuracy) <= 0.005;
  std::printf("%s\n", good ? "PASS" : "FAIL");
  return good ? kOk : kCheckFailed;
}

}  // namespace tinium::tools
