// SPDX-License-Identifier: Apache-2.0
//
// Takes the place of Verilator's header of the same name in a coverage build: the class that models
// hand their waveforms to counts edges of every bit instead of writing a file. So toggles cost what
// waveforms cost to build (Verilator's own --coverage-toggle writes two kilobytes of C++ for each bit
// of each instance: 155 MB instead of 30 MB for `tiny`), see both directions, and are of any width.
//
// A bit is sampled once a cycle, with the clock low and everything settled: glitches do not count. The
// first cycles, in which a bench resets the model, set the values that edges are counted from.
//
// What was seen goes to the folder named by TINIUM_COVERAGE_DIR when the process ends, one file for
// all models of the process; without the variable nothing is written. verilated_fst_c.cpp says how.
#pragma once

#include "verilated.h"
#include "verilated_trace.h"

#include "gtkwave/fstapi.h"  // the types of declarations

#include <cstdint>
#include <string>
#include <vector>

class VerilatedFstBuffer;

/// Receives declarations and changed values from the generated code.
class VerilatedFst final : public VerilatedTrace<VerilatedFst, VerilatedFstBuffer> {
 public:
  using Super = VerilatedTrace<VerilatedFst, VerilatedFstBuffer>;

  explicit VerilatedFst(void* = nullptr);
  ~VerilatedFst();

  void open(const char* filename);
  void close();
  void flush() {}
  bool isOpen() const { return asked_; }
  void sample();

  void declEvent(uint32_t code, const char* name, int dtype, fstVarDir direction, fstVarType type,
                 bool array, int index);
  void declBit(uint32_t code, const char* name, int dtype, fstVarDir direction, fstVarType type,
               bool array, int index);
  void declBus(uint32_t code, const char* name, int dtype, fstVarDir direction, fstVarType type,
               bool array, int index, int msb, int lsb);
  void declQuad(uint32_t code, const char* name, int dtype, fstVarDir direction, fstVarType type,
                bool array, int index, int msb, int lsb);
  void declArray(uint32_t code, const char* name, int dtype, fstVarDir direction, fstVarType type,
                 bool array, int index, int msb, int lsb);
  void declDouble(uint32_t code, const char* name, int dtype, fstVarDir direction, fstVarType type,
                  bool array, int index);
  void declDTypeEnum(int, const char*, uint32_t, unsigned int, const char**, const char**) {}

 protected:
  void emitTimeChange(uint64_t) override {}
  bool preFullDump() override { return open_; }
  bool preChangeDump() override { return open_; }
  Buffer* getTraceBuffer() override;
  void commitTraceBuffer(Buffer*) override;
  void configure(const VerilatedTraceConfig&) override {}

 private:
  friend VerilatedFstBuffer;

  struct Signal {
    std::string name;
    uint32_t code;
    int bits;
    int lsb;
  };

  void declare(uint32_t code, const char* name, fstVarType type, bool array, int index, int bits,
               int lsb);

  bool asked_ = false;  // open() was called: benches expect to see it
  bool open_ = false;   // and coverage is wanted
  bool counting_ = false;
  uint64_t samples_ = 0;
  std::vector<Signal> signals_;
  // Indexed by code, a word each, as the values of the generated code are.
  std::vector<uint32_t> last_, rise_, fall_;
};

template <>
void VerilatedFst::Super::dump(uint64_t time);
template <>
void VerilatedFst::Super::set_time_unit(const char* unitp);
template <>
void VerilatedFst::Super::set_time_unit(const std::string& unit);
template <>
void VerilatedFst::Super::set_time_resolution(const char* unitp);
template <>
void VerilatedFst::Super::set_time_resolution(const std::string& unit);
template <>
void VerilatedFst::Super::dumpvars(int level, const std::string& hier);

/// Called for each value that changed.
class VerilatedFstBuffer VL_NOT_FINAL {
  friend VerilatedFst;
  friend VerilatedFst::Super;
  friend VerilatedFst::Buffer;
  friend VerilatedFst::OffloadBuffer;

  VerilatedFst& m_owner;  // the name that VerilatedTraceBuffer looks for

  explicit VerilatedFstBuffer(VerilatedFst& owner) : m_owner{owner} {}
  virtual ~VerilatedFstBuffer() = default;

  static VerilatedContext* context(VerilatedFst& trace) { return trace.m_contextp; }
  static std::string model_name(VerilatedFst& trace);

  void word(uint32_t code, uint32_t value) {
    if (m_owner.counting_) {
      const uint32_t changed = m_owner.last_[code] ^ value;
      m_owner.rise_[code] |= changed & value;
      m_owner.fall_[code] |= changed & ~value;
    }
    m_owner.last_[code] = value;
  }

  VL_ATTR_ALWINLINE void emitEvent(uint32_t, VlEvent) {}
  VL_ATTR_ALWINLINE void emitBit(uint32_t code, CData value) { word(code, value); }
  VL_ATTR_ALWINLINE void emitCData(uint32_t code, CData value, int) { word(code, value); }
  VL_ATTR_ALWINLINE void emitSData(uint32_t code, SData value, int) { word(code, value); }
  VL_ATTR_ALWINLINE void emitIData(uint32_t code, IData value, int) { word(code, value); }
  VL_ATTR_ALWINLINE void emitQData(uint32_t code, QData value, int) {
    word(code, static_cast<uint32_t>(value));
    word(code + 1, static_cast<uint32_t>(value >> 32));
  }
  VL_ATTR_ALWINLINE void emitWData(uint32_t code, const WData* value, int bits) {
    for (int i = 0; i < (bits + 31) / 32; ++i) word(code + static_cast<uint32_t>(i), value[i]);
  }
  VL_ATTR_ALWINLINE void emitDouble(uint32_t, double) {}
};

/// What benches hold. dump() is called twice a cycle: with the clock low, then high.
class VerilatedFstC final {
 public:
  explicit VerilatedFstC(void* = nullptr) {}
  ~VerilatedFstC() { close(); }
  VerilatedFstC(const VerilatedFstC&) = delete;
  VerilatedFstC& operator=(const VerilatedFstC&) = delete;

  bool isOpen() const { return trace_.isOpen(); }
  void open(const char* filename) { trace_.open(filename); }
  void close() { trace_.close(); }
  void flush() {}
  void dump(uint64_t) { trace_.sample(); }

  VerilatedFst* spTrace() { return &trace_; }

 private:
  VerilatedFst trace_;
};
