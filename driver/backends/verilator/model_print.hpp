// SPDX-License-Identifier: Apache-2.0
//
// Included before Verilator's run-time library and by nothing else: what VL_PRINTF is there.

#pragma once

/// As printf, but the errors of a context that has ModelMessages go to them.
int tinium_model_print(const char* format, ...) __attribute__((format(printf, 1, 2)));

#define VL_PRINTF tinium_model_print
