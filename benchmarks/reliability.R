# psych::alpha on answers that Python wrote: Rscript reliability.R FILE ROWS ITEMS
# Prints wall seconds, CPU seconds, peak memory in MB, alpha. Starting R and reading are not timed.
suppressPackageStartupMessages(library(psych))
given <- commandArgs(trailingOnly = TRUE)
rows <- as.integer(given[2]); items <- as.integer(given[3])
answers <- readBin(given[1], "integer", rows * items, size = 1, signed = TRUE)
data <- as.data.frame(matrix(answers, rows, items))
taken <- system.time(found <- alpha(data, check.keys = FALSE))
peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
peak <- as.numeric(gsub("[^0-9]", "", peak)) / 1024
cat(sprintf("%.4f %.4f %.0f %.15g\n", taken[["elapsed"]], sum(taken[c("user.self", "sys.self", "user.child", "sys.child")], na.rm = TRUE),
            peak, found$total$raw_alpha))
