// SPDX-License-Identifier: Apache-2.0
//
// tn_psum_pkg: what TensorE sends along the columns of PSUM.
//
// One wave per moving vector enters at column 0 and reaches column c exactly c cycles later, like the
// vector itself in the PE array.

package tn_psum_pkg;

  typedef struct packed {
    logic [3:0] bank;
    logic [6:0] block;      // column block: output partition div Cols
    logic [8:0] index;      // word in the bank
    logic [7:0] first_col;  // columns first_col up to, but not including, end_col take part
    logic [7:0] end_col;
  } psum_wave_t;

endpackage
