// SPDX-License-Identifier: Apache-2.0
// main() of every test executable: options, the rerun line of a failure, and its waveform.
//
// Waveforms are off by default because they slow a simulation tenfold. A failed test is therefore
// run once more in a child process, with the same seed and `--trace`: the waveform of a failure is
// always there, and costs nothing when all is well.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench_options.hpp"

extern char** environ;

namespace tinium::testbench {
namespace {

constexpr std::string_view kUsage =
    "Options of a Tinium bench, beside GoogleTest's:\n"
    "  --seed N       seed of all random choices (default: environment TINIUM_SEED, else 1)\n"
    "  --cases N      number of random cases (default: set by each test)\n"
    "  --trace FILE   write an FST waveform; use it with --gtest_filter=Suite.Test\n"
    "  --trace-from N, --trace-to N   only these clock cycles of it\n"
    "  --no-rerun     do not run failed tests again for their waveforms\n";

/// Waveforms are written for this many failed tests of one run.
constexpr std::size_t kMaxReruns = 3;
/// A rerun that takes longer is ended; its waveform so far remains.
constexpr std::chrono::seconds kRerunLimit{60};

struct State {
  BenchOptions options;
  std::string binary;
  bool rerun = true;
  bool traceable = false;
  int models_traced = 0;
};

State& state() {
  static State instance;
  return instance;
}

/// The rerun line of the running test, kept as plain memory for the signal handler.
char g_crash_line[1024];

extern "C" void report_crash(int signal_number) {
  const std::size_t length = strnlen(g_crash_line, sizeof(g_crash_line));
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, g_crash_line, length);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

/// Prints the rerun line below each failed test and remembers the test for its waveform.
class RerunListener : public ::testing::EmptyTestEventListener {
 public:
  void OnTestStart(const ::testing::TestInfo&) override {
    const std::string line = "crashed; rerun: " + rerun_line() + "\n";
    std::strncpy(g_crash_line, line.c_str(), sizeof(g_crash_line) - 1);
  }

  void OnTestEnd(const ::testing::TestInfo& info) override {
    g_crash_line[0] = '\0';
    if (info.result()->Failed()) {
      failed_.push_back(current_test_name());
      std::cout << "rerun: " << rerun_line() << std::endl;
    }
  }

  const std::vector<std::string>& failed() const { return failed_; }

 private:
  std::vector<std::string> failed_;
};

std::string file_name_of(std::string test) {
  std::replace_if(
      test.begin(), test.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.'; }, '_');
  return test;
}

/// Runs one test again with waveforms. Returns the file, or nothing if none came to be.
std::optional<std::filesystem::path> dump_waveform(const std::string& test) {
  std::error_code error;
  const std::filesystem::path folder = TINIUM_WAVES_DIR;
  std::filesystem::create_directories(folder, error);
  const std::filesystem::path file =
      folder / (file_name_of(test) + "-" + std::to_string(options().seed) + ".fst");
  std::filesystem::remove(file, error);

  std::vector<std::string> words = {state().binary, "--gtest_filter=" + test,
                                    "--seed",       std::to_string(options().seed),
                                    "--trace",      file.string(),
                                    "--no-rerun"};
  if (options().cases != 0) {
    words.insert(words.end(), {"--cases", std::to_string(options().cases)});
  }
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int spawned =
      posix_spawn(&child, state().binary.c_str(), &quiet, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&quiet);
  if (spawned != 0) {
    return std::nullopt;
  }
  const auto deadline = std::chrono::steady_clock::now() + kRerunLimit;
  while (waitpid(child, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (!std::filesystem::exists(file, error)) {
    return std::nullopt;
  }
  return file;
}

std::uint64_t parse_number(std::string_view option, const char* text) {
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text, &end, 0);
  if (end == text || *end != '\0' || *text == '-') {
    std::cerr << option << ": \"" << text << "\" is not a non-negative integer\n";
    std::exit(2);
  }
  return value;
}

/// Reads what GoogleTest left of the command line.
void parse_options(int argc, char** argv) {
  State& s = state();
  if (const char* seed = std::getenv("TINIUM_SEED"); seed != nullptr && *seed != '\0') {
    s.options.seed = parse_number("TINIUM_SEED", seed);
  }
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    const char* value = nullptr;
    if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
      value = argv[i] + equals + 1;
      word = word.substr(0, equals);
    }
    auto next = [&] {
      if (value == nullptr) {
        if (i + 1 >= argc) {
          std::cerr << word << " needs a value\n" << kUsage;
          std::exit(2);
        }
        value = argv[++i];
      }
      return value;
    };
    if (word == "--seed") {
      s.options.seed = parse_number("--seed", next());
    } else if (word == "--cases") {
      s.options.cases = parse_number("--cases", next());
    } else if (word == "--trace") {
      s.options.trace_path = next();
    } else if (word == "--trace-from") {
      s.options.trace_from = parse_number("--trace-from", next());
    } else if (word == "--trace-to") {
      s.options.trace_to = parse_number("--trace-to", next());
    } else if (word == "--no-rerun") {
      s.rerun = false;
    } else if (word == "--help" || word == "-h") {
      std::cout << kUsage;
      std::exit(0);
    } else {
      std::cerr << "unknown option: " << word << "\n" << kUsage;
      std::exit(2);
    }
  }
}

}  // namespace

const BenchOptions& options() { return state().options; }

std::uint64_t case_count(std::uint64_t default_cases) {
  return options().cases != 0 ? options().cases : default_cases;
}

std::string current_test_name() {
  const ::testing::TestInfo* info = ::testing::UnitTest::GetInstance()->current_test_info();
  if (info == nullptr) {
    return "(no test)";
  }
  return std::string(info->test_suite_name()) + "." + info->name();
}

std::mt19937_64 make_rng(std::uint64_t stream) {
  // FNV-1a, because std::hash may differ between standard libraries and a seed must not.
  std::uint64_t name_hash = 0xcbf29ce484222325U;
  for (const char c : current_test_name()) {
    name_hash = (name_hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  const std::uint64_t seed = options().seed;
  std::seed_seq sequence{
      static_cast<std::uint32_t>(seed),      static_cast<std::uint32_t>(seed >> 32),
      static_cast<std::uint32_t>(name_hash), static_cast<std::uint32_t>(name_hash >> 32),
      static_cast<std::uint32_t>(stream),    static_cast<std::uint32_t>(stream >> 32)};
  return std::mt19937_64(sequence);
}

std::string rerun_line() {
  std::string line = state().binary + " --gtest_filter='" + current_test_name() + "' --seed " +
                     std::to_string(options().seed);
  if (options().cases != 0) {
    line += " --cases " + std::to_string(options().cases);
  }
  return state().traceable ? line + " --trace failure.fst" : line;
}

std::string next_trace_path() {
  State& s = state();
  if (s.options.trace_path.empty()) {
    return {};
  }
  if (++s.models_traced == 1) {
    return s.options.trace_path;
  }
  std::filesystem::path path = s.options.trace_path;
  path.replace_filename(path.stem().string() + "-" + std::to_string(s.models_traced) +
                        path.extension().string());
  return path.string();
}

std::string traced_url(const std::string& url) {
  constexpr std::string_view kTraced = "sim:tiny";  // the others are built for speed
  if (url != kTraced && !url.starts_with(std::string(kTraced) + "?")) {
    return url;
  }
  note_traceable_model();
  const std::string path = next_trace_path();
  if (path.empty()) {
    return url;
  }
  std::string traced = url + (url.find('?') == std::string::npos ? "?" : "&") + "trace=" + path;
  if (options().trace_from != 0) {
    traced += "&trace_from=" + std::to_string(options().trace_from);
  }
  if (options().trace_to != BenchOptions{}.trace_to) {
    traced += "&trace_to=" + std::to_string(options().trace_to);
  }
  return traced;
}

void note_traceable_model() { state().traceable = true; }

namespace {

int bench_main(int argc, char** argv) {
  State& s = state();
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  s.binary = error ? argv[0] : self.string();
  ::testing::InitGoogleTest(&argc, argv);
  parse_options(argc, argv);

  auto* listener = new RerunListener;  // owned by GoogleTest's list of listeners
  ::testing::UnitTest::GetInstance()->listeners().Append(listener);
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) {
    std::signal(signal_number, report_crash);
  }

  const int status = RUN_ALL_TESTS();
  if (status != 0 && s.rerun && s.traceable && s.options.trace_path.empty()) {
    const std::size_t count = std::min(listener->failed().size(), kMaxReruns);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& test = listener->failed()[i];
      if (const auto file = dump_waveform(test)) {
        std::cout << "waveform of " << test << ": " << file->string()
                  << "\n  to see it: scripts/wave " << file->string() << std::endl;
      }
    }
  }
  return status;
}

}  // namespace
}  // namespace tinium::testbench

int main(int argc, char** argv) { return tinium::testbench::bench_main(argc, argv); }
