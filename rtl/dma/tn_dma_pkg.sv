// SPDX-License-Identifier: Apache-2.0
//
// tn_dma_pkg: what passes between the parts of a DMA queue.
package tn_dma_pkg;

  // Byte address inside a partition, wide enough for 256 KiB; also bytes of a row.
  typedef logic [17:0] sbuf_bytes_t;

  // A transfer whose waits are met and whose ranges are checked. Steps may be negative: both are
  // kept modulo the width of what they are added to.
  typedef struct packed {
    logic [63:0] address;         // bus address of the first byte of row 0
    logic [63:0] address_step;    // bytes from row to row
    logic [15:0] rows;            // at least 1
    sbuf_bytes_t row_bytes;       // at least 1
    logic [7:0]  partition;       // of row 0
    logic        partition_step;  // 1: next row in the next partition
    sbuf_bytes_t sbuf_offset;     // of row 0
    sbuf_bytes_t sbuf_step;
    logic [31:0] instruction;     // index in SyncE's stream
  } command_t;

  // One of the two updates of an instruction.
  typedef struct packed {
    logic                at_complete;  // else when the operands have been read
    tn_pkg::sem_update_t update;       // op 0: none
  } event_update_t;

  typedef struct packed {
    event_update_t second;
    event_update_t first;
  } updates_t;

endpackage
