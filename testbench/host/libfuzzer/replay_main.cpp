// SPDX-License-Identifier: Apache-2.0
//
// main() of a target without libFuzzer, with any compiler: runs the files of a corpus, then seeded
// mutations of each. A finding is written to a file and ends the process.
//
//   <target> [--mutations N] [--seed N] FILE|FOLDER...

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "target.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr unsigned kMostSeconds = 60;  // for one input: more is a hang
constexpr std::size_t kMostBytes = 1u << 16;

/// What runs now, for the signal handler.
Bytes g_input;
std::string g_name;

extern "C" void report(int signal_number) {
  // Not async-signal-safe, and the process is lost anyway: try to say what it was.
  std::ofstream file("libfuzzer-finding", std::ios::binary);
  file.write(reinterpret_cast<const char*>(g_input.data()),
             static_cast<std::streamsize>(g_input.size()));
  file.close();
  std::fprintf(stderr, "%s in %s, %zu bytes, written to ./libfuzzer-finding\n",
               signal_number == SIGALRM ? "hang" : strsignal(signal_number), g_name.c_str(),
               g_input.size());
  _exit(1);
}

void run(const std::string& name, Bytes input) {
  g_name = name;
  g_input = std::move(input);
  alarm(kMostSeconds);
  LLVMFuzzerTestOneInput(g_input.data(), g_input.size());
  alarm(0);
}

/// One to eight small changes: bits, bytes, runs of bytes left out, doubled or cut off.
Bytes mutated(Bytes bytes, std::mt19937_64& rng) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(rng() % limit); };
  for (std::size_t left = 1 + below(8); left > 0; --left) {
    if (bytes.empty()) bytes.push_back(static_cast<std::uint8_t>(rng()));
    const std::size_t at = below(bytes.size());
    const std::size_t length = 1 + below(std::min<std::size_t>(64, bytes.size() - at));
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = begin + static_cast<std::ptrdiff_t>(length);
    switch (below(6)) {
      case 0:
        bytes[at] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        bytes[at] = static_cast<std::uint8_t>(rng());
        break;
      case 2:
        std::fill(begin, end, static_cast<std::uint8_t>(below(2) * 0xFF));
        break;
      case 3:
        bytes.erase(begin, end);
        break;
      case 4: {
        const Bytes part(begin, end);
        if (bytes.size() < kMostBytes) bytes.insert(begin, part.begin(), part.end());
        break;
      }
      default:
        if (below(8) == 0) bytes.resize(at);
        break;
    }
  }
  return bytes;
}

std::vector<std::filesystem::path> files_of(const std::vector<std::string>& names) {
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) {
    if (std::filesystem::is_directory(name)) {
      for (const auto& entry : std::filesystem::directory_iterator(name)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else {
      files.emplace_back(name);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

int replay(const std::vector<std::string>& words) {
  std::uint64_t mutations = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--mutations" && i + 1 < words.size()) {
      mutations = std::stoull(words[++i]);
    } else if (words[i] == "--seed" && i + 1 < words.size()) {
      seed = std::stoull(words[++i]);
    } else {
      names.push_back(words[i]);
    }
  }
  std::uint64_t inputs = 0;
  for (const auto& path : files_of(names)) {
    std::ifstream file(path, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    if (file.bad() || !file.is_open()) {
      std::fprintf(stderr, "%s cannot be read\n", path.c_str());
      return 2;
    }
    run(path.string(), bytes);
    ++inputs;
    std::mt19937_64 rng(seed);
    for (std::uint64_t i = 0; i < mutations; ++i, ++inputs) {
      run(path.string() + " mutation " + std::to_string(i), mutated(bytes, rng));
    }
  }
  std::printf("%llu inputs\n", static_cast<unsigned long long>(inputs));
  return inputs > 0 ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) try {
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL, SIGALRM}) {
    std::signal(signal_number, report);
  }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // A sanitizer reserves more than that; its own limits are at work there.
  const rlimit most{4ull << 30, 4ull << 30};
  setrlimit(RLIMIT_AS, &most);
#endif
  return replay({argv + 1, argv + argc});
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", g_name.c_str(), error.what());
  return 1;
} catch (...) {
  std::fprintf(stderr, "%s: an exception of unknown type\n", g_name.c_str());
  return 1;
}
