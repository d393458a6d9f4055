// SPDX-License-Identifier: Apache-2.0
//
// Counts edges, gathers line and user coverage, and writes both when the process ends:
//
//   <TINIUM_COVERAGE_DIR>/<program>-<pid>.toggle   model <class>
//                                                  <scopes and name> <bits> <lsb> <rise> <fall>
//   <TINIUM_COVERAGE_DIR>/<program>-<pid>.line     lines of Verilator's coverage.dat
//
// The names of scopes are separated by blanks, other fields by tabs; <rise> and <fall> are
// hexadecimal, a bit each. Models of the same class in one process are added up.
#include "verilated_fst_c.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "verilated_cov.h"

#define VL_SUB_T VerilatedFst
#define VL_BUF_T VerilatedFstBuffer
#include "verilated_trace_imp.h"
#undef VL_SUB_T
#undef VL_BUF_T

namespace {

// Until here, in samples (cycles), state is what it was before the reset.
constexpr uint64_t kResetSamples = 10;

// Every cycle up to here, then about one in eight, chosen by a hash of its number: looking at all
// signals costs several times what simulating them does. What is missed can only make the figures
// smaller.
constexpr uint64_t kFullSamples = 512;
constexpr uint64_t kOneIn = 8;

struct Edges {
  int bits = 0;
  int lsb = 0;
  std::vector<uint32_t> rise, fall;
};

/// What the models of this process have reached so far.
class Totals {
 public:
  static Totals& get() {
    static Totals instance;
    return instance;
  }

  ~Totals() {
    if (folder_.empty()) return;
    std::error_code error;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).filename();
    const std::string stem = folder_ + "/" + self + "-" + std::to_string(getpid());
    std::ofstream toggle(stem + ".toggle");
    for (const auto& [model, signals] : models_) {
      toggle << "model " << model << '\n';
      for (const auto& [name, edges] : signals) {
        toggle << name << '\t' << edges.bits << '\t' << edges.lsb << '\t' << hex(edges.rise) << '\t'
               << hex(edges.fall) << '\n';
      }
    }
    std::ofstream line(stem + ".line");
    for (const auto& [point, count] : points_) line << point << ' ' << count << '\n';
  }

  bool wanted() const { return !folder_.empty(); }

  Edges& edges(const std::string& model, const std::string& name) { return models_[model][name]; }

  /// Adds the points of one model, by way of a file: its context shows them in no other way.
  void add_points(VerilatedContext& context) {
    const std::string path = folder_ + "/point-" + std::to_string(getpid()) + ".tmp";
    context.coveragep()->write(path.c_str());
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);) {
      const std::size_t blank = text.rfind(' ');
      if (text.rfind("C ", 0) != 0 || blank == std::string::npos) continue;
      points_[text.substr(0, blank)] += std::strtoull(text.c_str() + blank, nullptr, 10);
    }
    file.close();
    std::remove(path.c_str());
  }

  std::mutex mutex;

 private:
  Totals() {
    const char* folder = std::getenv("TINIUM_COVERAGE_DIR");
    if (folder != nullptr) folder_ = folder;
  }

  static std::string hex(const std::vector<uint32_t>& words) {
    std::string text;
    for (std::size_t i = words.size(); i-- > 0;) {
      char digits[9];
      std::snprintf(digits, sizeof digits, "%08x", words[i]);
      text += digits;
    }
    return text;
  }

  std::string folder_;
  std::map<std::string, std::unordered_map<std::string, Edges>> models_;
  std::unordered_map<std::string, uint64_t> points_;
};

}  // namespace

VerilatedFst::VerilatedFst(void*) { Totals::get(); }

VerilatedFst::~VerilatedFst() { close(); }

std::string VerilatedFstBuffer::model_name(VerilatedFst& trace) {
  return (*trace.m_models.begin())->modelName();
}

void VerilatedFst::open(const char*) {
  asked_ = true;
  if (open_ || !Totals::get().wanted()) return;
  open_ = true;
  fullDump(true);
  traceInit();
  last_.assign(nextCode(), 0);
  rise_.assign(nextCode(), 0);
  fall_.assign(nextCode(), 0);
}

void VerilatedFst::close() {
  asked_ = false;
  if (!open_) return;
  open_ = false;
  Totals& totals = Totals::get();
  const std::lock_guard lock{totals.mutex};
  const std::string model = VerilatedFstBuffer::model_name(*this);
  for (const Signal& signal : signals_) {
    Edges& edges = totals.edges(model, signal.name);
    const std::size_t words = static_cast<std::size_t>(signal.bits + 31) / 32;
    edges.bits = signal.bits;
    edges.lsb = signal.lsb;
    edges.rise.resize(words);
    edges.fall.resize(words);
    for (std::size_t i = 0; i < words; ++i) {
      edges.rise[i] |= rise_[signal.code + i];
      edges.fall[i] |= fall_[signal.code + i];
    }
  }
  totals.add_points(*VerilatedFstBuffer::context(*this));
}

void VerilatedFst::sample() {
  if (!open_) return;
  const bool clock_high = samples_++ % 2 != 0;
  const uint64_t cycle = samples_ / 2;
  // The clock itself toggles: it is seen high a few times.
  if (clock_high && (cycle < kResetSamples || cycle > 2 * kResetSamples)) return;
  if (cycle > kFullSamples && (cycle * 0x9e3779b97f4a7c15U >> 40) % kOneIn != 0) return;
  counting_ = counting_ || cycle == kResetSamples;
  Super::dump(samples_);
}

VerilatedFst::Buffer* VerilatedFst::getTraceBuffer() { return new Buffer{*this}; }
void VerilatedFst::commitTraceBuffer(Buffer* buffer) { delete buffer; }

void VerilatedFst::declare(uint32_t code, const char* name, fstVarType type, bool array, int index,
                           int bits, int lsb) {
  if (!declCode(code, name, static_cast<uint32_t>(bits), false)) return;
  if (type == FST_VT_VCD_PARAMETER) return;
  std::string full = namePrefix() + name;
  if (array) full += "[" + std::to_string(index) + "]";
  signals_.push_back({full, code, bits, lsb});
}

void VerilatedFst::declEvent(uint32_t code, const char* name, int, fstVarDir, fstVarType, bool,
                             int) {
  declCode(code, name, 1, false);
}
void VerilatedFst::declBit(uint32_t code, const char* name, int, fstVarDir, fstVarType type,
                           bool array, int index) {
  declare(code, name, type, array, index, 1, 0);
}
void VerilatedFst::declBus(uint32_t code, const char* name, int, fstVarDir, fstVarType type,
                           bool array, int index, int msb, int lsb) {
  declare(code, name, type, array, index, std::abs(msb - lsb) + 1, std::min(msb, lsb));
}
void VerilatedFst::declQuad(uint32_t code, const char* name, int, fstVarDir, fstVarType type,
                            bool array, int index, int msb, int lsb) {
  declare(code, name, type, array, index, std::abs(msb - lsb) + 1, std::min(msb, lsb));
}
void VerilatedFst::declArray(uint32_t code, const char* name, int, fstVarDir, fstVarType type,
                             bool array, int index, int msb, int lsb) {
  declare(code, name, type, array, index, std::abs(msb - lsb) + 1, std::min(msb, lsb));
}
void VerilatedFst::declDouble(uint32_t code, const char* name, int, fstVarDir, fstVarType, bool,
                              int) {
  declCode(code, name, 64, false);
}
