rtl/dma/tn_dma_pkg.sv
rtl/dma/tn_dma_queue.sv
rtl/dma/tn_dma_bursts.sv
rtl/dma/tn_dma_rows.sv
rtl/dma/tn_dma_align.sv
rtl/dma/tn_dma_updates.sv
rtl/dma/tn_dma_load.sv
rtl/dma/tn_dma_store.sv
