# lavaan::cfa on answers that Python wrote: Rscript factoring.R FILE MODEL TIMES
# Prints per line wall seconds, CPU seconds, peak memory in MB, chi-square: of the fit alone, and of
# the fit with its indices and standardized loadings. Starting R and reading are not timed.
suppressPackageStartupMessages(library(lavaan))
given <- commandArgs(trailingOnly = TRUE)
data <- read.csv(given[1])
model <- paste(readLines(given[2]), collapse = "\n")
fit <- cfa(model, data, std.lv = TRUE) # the first fit loads what the others need
alone <- function() cfa(model, data, std.lv = TRUE)
whole <- function() {
  found <- alone()
  fitMeasures(found)
  standardizedSolution(found)
}
for (way in list(alone, whole)) {
  taken <- sapply(seq_len(as.integer(given[3])), function(time) {
    spent <- system.time(way())
    c(spent[["elapsed"]], spent[["user.self"]] + spent[["sys.self"]])
  })
  peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
  peak <- as.numeric(gsub("[^0-9]", "", peak)) / 1024
  cat(sprintf("%.4f %.4f %.0f %.15g\n", min(taken[1, ]), min(taken[2, ]), peak,
              fitMeasures(fit, "chisq")))
}
