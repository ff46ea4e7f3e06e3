# Differences between two sides and within each: Rscript sides.R sides.csv sides.json
# Base R: t.test (Welch) between sides, paired within a side on the raters who gave both answers.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])

found <- function(t, estimate) list(estimate = estimate, se = t$stderr, df = unname(t$parameter),
                                    ci_low = t$conf.int[1], ci_high = t$conf.int[2])
welch <- function(x, y) {
  x <- x[!is.na(x)]; y <- y[!is.na(y)]
  found(t.test(x, y), mean(x) - mean(y))
}
paired <- function(x, y) {
  both <- !is.na(x) & !is.na(y)
  found(t.test(x[both], y[both], paired = TRUE), mean(x[both] - y[both]))
}
one_case <- function(d) {
  a <- d[d$side == "a", ]; b <- d[d$side == "b", ]
  list(agreement = welch(a$own, b$own),
       congruency_a = paired(a$own, a$guess), congruency_b = paired(b$own, b$guess),
       accuracy_a = welch(a$guess, b$own), accuracy_b = welch(b$guess, a$own))
}

cases <- unique(table$case)
out <- setNames(lapply(cases, function(name) one_case(table[table$case == name, ])), cases)
out$versions <- list(R = R.version.string)
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1), args[2])
