// SPDX-License-Identifier: Apache-2.0
//
// The emulator: interprets program images with the golden model of the numerics, and estimates the
// time that the core takes.
//
// It meets the core in every bit of memory that a race-free program defines and in status, fault
// and blocked units of the completion record. Time is a discrete-event model beside the functions:
// streams, engines, DMA queues and the bus have clocks, semaphores change at the times of the
// events that change them, and instructions take effect, whole, at the time at which their engine
// accepts them. Cycles, and all that follows from them (counters of time, profile, trace), are an
// estimate.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "bus.hpp"
#include "memory.hpp"
#include "profile.hpp"
#include "timing.hpp"
#include "tinium/generated/configs.hpp"
#include "tinium/program.hpp"

namespace tinium {

class Emulator {
 public:
  struct Options {
    std::uint32_t latency = timing::kDramLatency;  ///< of device memory, as the simulated one's
  };

  /// @param memory  device memory; outlives the emulator
  Emulator(const configs::Config& config, SparseMemory& memory, const Options& options);

  void start(std::uint64_t launch_record, std::uint64_t image);
  /// Runs up to `events` events. True when the launch has ended.
  bool run(std::uint64_t events);
  void reset();

  /// The bytes of a partition of SBUF or PSUM.
  std::byte* memory(isa::Space space, std::uint32_t partition) {
    return space == isa::Space::kPsum ? psum(partition, 0) : sbuf(partition, 0);
  }
  void set_latency(std::uint32_t latency) { options_.latency = latency; }

  /// The fault of the last launch, as the status registers show it.
  struct FaultState {
    isa::Fault code = isa::Fault::kNone;
    isa::Engine engine = isa::Engine::kTensor;
    std::uint32_t instruction = 0;
    std::uint64_t address = 0;
  };
  const FaultState& fault() const { return fault_; }
  /// Of the last launch.
  std::uint64_t cycles() const { return cycles_; }
  /// Of all launches.
  std::uint64_t total_cycles() const { return total_cycles_ + now_; }

 private:
  using Time = timing::Time;

  struct Stop {};  ///< thrown after raise(): leaves the instruction at once

  // ---- Events ----
  enum class EventKind : std::uint8_t {
    kDecide,    ///< the launcher checks what it read
    kStep,      ///< stream `index`: its head
    kHead,      ///< queue `index`: its head
    kGenerate,  ///< queue `index`: bursts
    kBus,       ///< the bus may have finished a burst; stale unless `tag` is bus_event_
    kResponse,  ///< write response of burst `tag` of queue `index`
    kTransfer,  ///< queue `index`: command `tag` is past `step`
    kUpdate,    ///< a semaphore
    kEnd,       ///< an engine has nothing left of an instruction
  };
  struct Event {
    Time time = 0;
    std::uint64_t order = 0;
    std::uint64_t tag = 0;
    std::uint32_t instruction = 0;
    EventKind kind{};
    std::uint8_t index = 0;
    std::uint8_t semaphore = 0;
    isa::UpdateOp op = isa::UpdateOp::kNone;
    std::uint16_t value = 0;
    isa::Engine engine{};
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.time != b.time ? a.time > b.time : a.order > b.order;
    }
  };

  void post(Event event);
  void post(EventKind kind, std::size_t index, Time time, std::uint64_t tag = 0);
  void dispatch(const Event& event);

  // ---- Streams and semaphores (streams.cpp) ----
  static constexpr std::size_t kStreams = 3;
  /// Verdict on a line as it arrived.
  enum class Line : std::uint8_t { kGood, kIllegal, kSemaphore, kBus };

  struct Stream {
    isa::Engine engine{};
    isa::Unit unit{};
    std::uint64_t base = 0;  ///< address of the first instruction
    std::uint32_t count = 0;
    std::uint32_t pc = 0;
    bool active = false;
    bool scheduled = false;
    bool waits = false;       ///< the head waits for a semaphore
    bool queue_full = false;  ///< the head waits for room in a DMA queue
    std::array<std::uint32_t, isa::kRegisters> registers{};
    // The ring: instructions lo .. received - 1 are there, requested - received on their way.
    std::uint32_t lo = 0;
    std::uint32_t received = 0;
    std::uint32_t requested = 0;
    std::uint32_t preload = 0;  ///< instructions that come with the header
    std::uint32_t epoch = 0;    ///< lines asked for before a jump are thrown away
    std::vector<InstructionWords> lines;
    std::vector<Line> verdicts;
    std::vector<Time> arrivals;
    Time issue_free = 0;  ///< the issue register
  };

  void start_stream(std::size_t index, std::uint64_t base, std::uint32_t count);
  /// Line `line` of the image, read with the header, goes to the stream that begins with it.
  void take_window_line(std::uint32_t line);
  void prefetch(std::size_t index);
  void take_line(std::size_t index, std::uint64_t tag);
  void fill_ring(Stream& stream, std::uint32_t line, bool error);
  Line check_encoding(isa::Engine engine, const InstructionWords& words) const;
  void schedule(std::size_t index, Time time);
  void step(std::size_t index);
  /// One instruction at the head; the time of the next, or nothing when the stream is held up.
  std::optional<Time> execute(Stream& stream, std::size_t index);
  std::optional<Time> issue_dma(Stream& stream, const InstructionWords& words);
  Time execute_control(Stream& stream, const InstructionWords& words, Time at);
  Time execute_tensor(Stream& stream, const InstructionWords& words, Time at);
  Time execute_vector(Stream& stream, const InstructionWords& words, Time at);

  template <typename Common>
  bool waits_met(const Common& instruction) const;
  /// Applies the consumes; their number.
  template <typename Common>
  unsigned consume(const Common& instruction, isa::Engine engine, std::uint32_t index);
  /// Updates of `event`, in order, one a cycle from `time`.
  template <typename Common>
  void post_updates(const Common& instruction, isa::UpdateEvent event, isa::Engine engine,
                    std::uint32_t index, Time time);
  void apply(std::uint32_t semaphore, isa::UpdateOp op, std::uint32_t value, isa::Engine engine,
             std::uint32_t index);
  void wake_waiters();

  // ---- TensorE (tensor.cpp) ----
  struct Pass {  // in PSUM, for hazards
    std::uint32_t bank, block, first, last;
    Time first_vector, last_vector;
  };
  struct TensorTimes {
    Time stage1_free = 0;
    Time stage2_free = 0;
    std::array<Time, timing::kJobs> slots{};  ///< when the last jobs left the queue
    std::uint64_t jobs = 0;
    Time load_free = 0;  ///< the loader has asked for the last columns of the tile before
    std::array<Time, timing::kMaxTiles>
        presented{};  ///< when the slots of the last tiles were free
    std::uint64_t tiles = 0;
    std::vector<std::pair<std::uint32_t, bool>> requests;  ///< of each block: number, ends early
    Time pass_start = 0;                                   ///< of the last pass
    Time pass_end = 0;                                     ///< cycle after its last vector
    std::array<Pass, timing::kHazardPasses> recent{};
    std::size_t recent_next = 0;
  };
  struct JobShape {
    std::uint32_t vectors, pieces, first_row, rows, first_block, blocks;
    std::uint32_t bank, word;
    bool accumulate;
    bool transposing;  ///< a pass has a vector for each partition of its row
    std::uint32_t first_partition, last_partition;
  };

  void load_stationary(const isa::LoadStationary& i, std::uint32_t index);
  /// Both return the shape for the estimate.
  JobShape multiply_moving(const isa::MultiplyMoving& i, std::uint32_t index);
  JobShape transpose(const isa::Transpose& i, std::uint32_t index);
  void time_job(const JobShape& job, Time queued, Time& first_vector, Time& end);
  /// Requests that bring the columns of each block of the stationary operand, and whether the last
  /// comes so early in the tile that it must rest.
  void tile_requests(const isa::LoadStationary& stationary, std::uint32_t psum_partition);

  // ---- VectorE (vector.cpp) ----
  struct VectorWork;
  struct VectorTimes {
    Time check_free = 0;
    Time read_end = 0;
    Time write_end = 0;
    Time engaged = 0;
    bool alone = false;  ///< the next instruction waits for the writes of the last
  };

  VectorWork tensor_scalar(const isa::TensorScalar& i, std::uint32_t index);
  VectorWork tensor_tensor(const isa::TensorTensor& i, std::uint32_t index);
  VectorWork memset(const isa::Memset& i, std::uint32_t index);
  VectorWork tensor_reduce(const isa::TensorReduce& i, std::uint32_t index);

  // ---- DMA (dma.cpp) ----
  static constexpr std::size_t kQueues = 3;

  /// One side of a transfer in SBUF.
  struct SbufSide {
    std::int64_t offset = 0;
    std::int64_t partition = 0;
    std::array<std::int64_t, 3> step{};
    std::array<std::int64_t, 3> partition_step{};
  };
  struct Transfer {
    isa::Nop common;  ///< waits and updates
    std::uint32_t index = 0;
    std::uint8_t opcode = 0;
    std::uint32_t row_bytes = 0;
    std::array<std::uint32_t, 3> num{};
    SbufSide sbuf;    ///< of a copy: the destination
    SbufSide source;  ///< of a copy
    std::uint32_t slot = 0;
    std::uint64_t dram_offset = 0;
    std::array<std::int64_t, 3> dram_step{};
    std::uint32_t element = 0;  ///< bytes; 0: no transpose
  };
  struct Command {
    Transfer transfer;
    // Runs that follow each other in DRAM without a gap make one on the bus.
    std::array<std::uint32_t, 3> bus_num{};
    std::uint64_t bus_bytes = 0;         ///< of a run on the bus
    std::array<std::uint32_t, 3> at{};   ///< the bus run whose bursts are made
    std::uint64_t done_bytes = 0;        ///< of it
    std::array<std::uint32_t, 3> run{};  ///< the run that the data path is at
    std::uint32_t run_bytes = 0;         ///< its bytes that earlier bursts brought
    std::uint32_t rows = 1;              ///< that move in a cycle
    bool made = false;                   ///< all bursts
    std::uint32_t outstanding = 0;
    std::uint32_t unsent = 0;  ///< write bursts whose data have not left
    Time last = 0;             ///< end of the last burst
  };
  struct Queue {
    isa::Engine engine{};
    isa::Unit unit{};
    std::deque<Transfer> waiting;
    std::deque<Command> commands;
    std::uint64_t first_command = 0;  ///< number of commands.front()
    std::uint64_t next_made = 0;      ///< number of the command whose bursts are made
    std::uint32_t outstanding = 0;
    bool head_scheduled = false;
    bool head_waits = false;
    bool generate_scheduled = false;
    Time head_free = 0;
    Time burst_free = 0;
    std::uint64_t beats = 0;
    std::uint64_t busy = 0;  ///< cycles in which a beat or a word moved
    std::deque<std::pair<std::uint64_t, std::uint64_t>> bursts;  ///< number of command, address
    std::uint64_t first_burst = 0;
  };

  static Transfer transfer_of(const InstructionWords& words, std::uint32_t index);
  void queue_head(std::size_t index);
  void check_transfer(const Queue& queue, const Transfer& transfer);
  /// Rows of a pattern that the data path moves in a cycle, side by side; 1: a row at a time.
  std::uint32_t rows_a_cycle(const Queue& queue, const Transfer& transfer) const;
  void move_run(const Queue& queue, const Transfer& transfer,
                const std::array<std::uint32_t, 3>& at);
  void generate(std::size_t index);
  void generate_copies(std::size_t index);
  /// Moves the runs that end in the next `length` bytes of a command; the cycles that the data path
  /// takes.
  std::uint32_t advance_runs(const Queue& queue, Command& command, std::uint64_t length);
  /// The last beat of a write burst left.
  void burst_sent(std::size_t index, std::uint64_t burst, Time end);
  void burst_done(std::size_t index, std::uint64_t burst, Time end);
  void retire_commands(std::size_t index);
  /// Goes on with the head when nothing holds it but its waits.
  void resume_head(std::size_t index);
  void schedule_head(std::size_t index, Time time);
  void schedule_generate(std::size_t index, Time time);

  // ---- Launch (emulator.cpp) ----
  struct Slot {
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
    bool readable = false;
    bool writable = false;
  };

  [[noreturn]] void raise(isa::Fault code, isa::Engine engine, std::uint32_t instruction,
                          std::uint64_t address);
  void decide();
  void finish(isa::Status status);
  void write_trace();
  [[noreturn]] void deadlock();
  /// What unit number `unit` waits for.
  struct Blocked {
    bool waits = false;
    std::uint32_t instruction, semaphore, condition, value, level;
  };
  Blocked blocked(std::size_t unit) const;
  void bus_push(const BusModel::Burst& burst);
  void bus_step();
  void trace(isa::Unit unit, isa::TraceEvent event, Time time, std::uint32_t instruction,
             std::uint32_t opcode);
  UnitProfile& profile(isa::Unit unit) { return profile_[static_cast<std::size_t>(unit)]; }

  /// Partition rule of the NeuronCore; false when it is broken.
  static bool partition_rule(std::uint32_t start, std::uint32_t count);
  /// First byte offset of a pattern that leaves a partition or is misaligned, if any.
  std::optional<std::uint64_t> pattern_error(std::uint32_t offset, std::size_t size,
                                             std::int64_t step0, std::uint32_t num0,
                                             std::int64_t step1, std::uint32_t num1) const;
  /// True when an element of a pattern of words leaves the bank of the first, or that does not
  /// exist.
  bool bank_error(std::uint32_t word, std::int64_t step0, std::uint32_t num0, std::int64_t step1,
                  std::uint32_t num1) const;

  std::byte* sbuf(std::uint32_t partition, std::uint32_t offset) {
    return sbuf_.data() + std::size_t{partition} * config_.sbuf_bytes + offset;
  }
  /// The element `elements` further than an offset, which counts bytes in SBUF and words in PSUM.
  std::byte* element(bool in_psum, std::uint32_t partition, std::uint32_t offset,
                     std::int64_t elements, std::size_t size) {
    if (in_psum) return psum(partition, static_cast<std::uint32_t>(offset + elements));
    const std::int64_t bytes = elements * static_cast<std::int64_t>(size);
    return sbuf(partition, static_cast<std::uint32_t>(offset + bytes));
  }
  std::byte* psum(std::uint32_t partition, std::uint32_t word) {
    return psum_.data() + std::size_t{partition} * psum_stride_ + std::size_t{word} * 4;
  }

  const configs::Config& config_;
  SparseMemory& memory_;
  Options options_;
  std::size_t psum_stride_;
  std::vector<std::byte> sbuf_;  ///< [partition][byte]
  std::vector<std::byte> psum_;  ///< [partition][word]

  // One launch.
  bool running_ = false;
  Time now_ = 0;
  std::vector<Event> events_;  ///< a heap
  std::uint64_t order_ = 0;
  BusModel bus_;
  Time bus_event_ = BusModel::kNever;
  std::vector<BusModel::Burst> bus_done_;
  std::uint32_t launch_bursts_ = 0;  ///< of record and header, still to come
  std::uint32_t window_ = 0;         ///< lines asked for behind the header
  std::uint32_t window_come_ = 0;
  std::uint64_t record_ = 0;
  std::uint64_t image_ = 0;
  std::uint64_t completion_ = 0;
  std::uint32_t launch_id_ = 0;
  std::uint64_t watchdog_ = 0;
  std::uint64_t trace_address_ = 0;
  std::uint32_t trace_bytes_ = 0;
  std::array<Slot, isa::kTensorSlots> slots_{};
  std::array<Stream, kStreams> streams_{};
  std::array<std::uint32_t, isa::kSemaphores> semaphores_{};
  std::array<Queue, kQueues> queues_{};
  std::optional<isa::LoadStationary> stationary_;
  TensorTimes tensor_;
  VectorTimes vector_;
  FaultState fault_;
  std::uint64_t cycles_ = 0;
  std::uint64_t total_cycles_ = 0;

  // Counters, profile and trace.
  Time first_issue_ = 0;
  Time first_mac_ = 0;
  Time last_sbuf_write_ = 0;
  std::uint64_t tensor_vectors_ = 0;
  std::uint64_t vector_busy_ = 0;
  std::uint64_t issued_ = 0;
  std::array<UnitProfile, isa::kUnitNames.size()> profile_{};
  struct Traced {
    Time time;
    isa::Unit unit;
    isa::TraceEvent event;
    std::uint32_t instruction;
    std::uint32_t opcode;
  };
  std::vector<Traced> trace_;
};

}  // namespace tinium
