// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_pkg: what passes between the parts of the DMA queues.
package tn_dma_pkg;

  // The queues: the order of all arrays over them.
  localparam int unsigned QueueLoad  = 0;
  localparam int unsigned QueueStore = 1;
  localparam int unsigned QueueCopy  = 2;

  // Byte address inside a partition, wide enough for 256 KiB; also bytes of a run.
  typedef logic [17:0] sbuf_bytes_t;

  // A place in SBUF, or the step from one to another (both parts modulo their width).
  typedef struct packed {
    logic [7:0]  partition;
    sbuf_bytes_t offset;
  } spot_t;

  // A transfer whose ranges are checked: num[2] * num[1] * num[0] runs, num[0] fastest. The near side
  // is SBUF, the destination of a load or a copy, the source of a store. The far side is DRAM, or the
  // source of a copy. Steps may be negative: all are kept modulo the width of what they are added to.
  // Where runs follow each other on the bus without a gap, they are read or written as one bus run.
  // Rows shorter than a beat that lie side by side on the bus and on neighbouring partitions are one
  // run: of `transpose`, or with 2 or 4 rows in a word (rows_log2), each in a lane of its own.
  typedef struct packed {
    logic [2:0][15:0] num;           // at least 1
    sbuf_bytes_t      row_bytes;     // of a run, at least 1
    logic [63:0]      address;       // bus address of run (0, 0, 0); copy: its SBUF offset
    logic [2:0][31:0] address_step;
    logic [47:0]      bus_bytes;     // of a bus run
    logic             join1;         // a bus run spans the first dimension
    logic             join2;         // and the second
    logic [7:0]       far_partition; // copy only
    logic [2:0][7:0]  far_partition_step;
    spot_t            spot;          // of run (0, 0, 0)
    spot_t [2:0]      near_step;
    logic             transpose;     // element j of a run goes to partition + j
    logic [1:0]       element_log2;
    logic [1:0]       rows_log2;     // rows in a word; more than one: row j goes to partition + j
  } command_t;

  // One run, for the data path.
  typedef struct packed {
    sbuf_bytes_t far_offset;     // low bits of the bus address; copy: SBUF offset
    logic [7:0]  far_partition;  // copy only
    spot_t       spot;
    sbuf_bytes_t bytes;
    logic        join_far;       // the next run follows it on the bus without a gap
    logic        last;           // of the command
    logic        transpose;
    logic [1:0]  element_log2;
    logic [1:0]  rows_log2;
  } run_t;

  typedef struct packed {
    logic        consume;
    logic [3:0]  cond;  // tn_isa_pkg::wait_condition_e
    logic [7:0]  sem;
    logic [15:0] value;
  } wait_t;

  // One of the two updates of an instruction.
  typedef struct packed {
    logic                at_complete;  // else when the operands have been read
    tn_pkg::sem_update_t update;       // op 0: none
  } event_update_t;

  typedef struct packed {
    event_update_t second;
    event_update_t first;
    logic [31:0]   instruction;  // index in SyncE's stream
  } updates_t;

  // What a data path does in this cycle.
  typedef struct packed {
    logic           read;         // pulse: no byte of the oldest command is to be read any more
    logic           complete;     // pulse: the oldest command is done
    logic           drained;      // nothing is on the bus or about to enter a memory
    logic           moved;        // a beat or an SBUF word
    logic           refused;      // SBUF is asked for one
    logic           bus_wait;     // data or a response are awaited
    logic           fault_valid;  // an answer with an error
    tn_pkg::fault_t fault;
  } path_state_t;

  // An instruction in a queue, with the verdict on its ranges.
  typedef struct packed {
    wait_t          wait1;
    wait_t          wait0;
    updates_t       updates;
    logic           is_bad;  // raises `fault` instead of its transfer
    tn_pkg::fault_t fault;
    command_t       cmd;
  } entry_t;

endpackage
