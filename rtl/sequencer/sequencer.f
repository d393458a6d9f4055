// Sequencers; needs rtl/pkg/tn_pkg.sv and rtl/generated/tn_isa_pkg.sv before it
rtl/sequencer/tn_semaphores.sv
rtl/sequencer/tn_fetcher.sv
rtl/sequencer/tn_sequencer.sv
