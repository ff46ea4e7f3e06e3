# Change where some raters are in both waves: Rscript linked.R linked.csv linked.json
# Variances from lm on differences, sums and the ratings of the others; t.test where it applies.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])
by_cell <- function(y, g) { # residual variance within groups, and its degrees of freedom
  df <- length(y) - length(unique(g))
  if (length(y) == 0 || df == 0) return(c(0, 0))
  c(sum((y - ave(y, g))^2) / df, df)
}
one_case <- function(d) {
  pairs <- merge(d[d$wave == 1, ], d[d$wave == 2, ], by = c("partner", "rater"))
  alone <- d[!paste(d$partner, d$rater) %in% paste(pairs$partner, pairs$rater), ]
  D <- by_cell(pairs$y.y - pairs$y.x, pairs$partner)
  S <- by_cell(pairs$y.y + pairs$y.x, pairs$partner)
  A <- by_cell(alone$y, paste(alone$partner, alone$wave))
  w <- 2 * D[2] / (2 * D[2] + A[2])
  who <- sort(unique(d$partner))
  each <- lapply(who, function(p) {
    a <- d$y[d$partner == p & d$wave == 1]; b <- d$y[d$partner == p & d$wave == 2]
    c <- sum(pairs$partner == p); n <- length(a); m <- length(b)
    k <- (n - c) / n^2 + (m - c) / m^2
    parts <- c(c * (1 / n + 1 / m)^2 / 4 * D[1] + k * w / 4 * D[1],
               c * (1 / m - 1 / n)^2 / 4 * S[1] + k * w / 4 * S[1], k * (1 - w) * A[1])
    df <- c(D[2], S[2], A[2]); v <- sum(parts); f <- v^2 / sum((parts^2 / df)[df > 0])
    h <- qt(.975, f) * sqrt(v)
    c(partner = p, n_linked = c, change = mean(b) - mean(a), df = f,
      ci_low = mean(b) - mean(a) - h, ci_high = mean(b) - mean(a) + h)
  })
  out <- as.list(as.data.frame(do.call(rbind, each)))
  out$correlation <- (S[1] - D[1]) / (S[1] + D[1])
  out
}
cases <- unique(table$case)
out <- setNames(lapply(cases, function(name) one_case(table[table$case == name, ])), cases)
one <- merge(table[table$case == "one" & table$wave == 1, ], table[table$case == "one" & table$wave == 2, ], by = "rater")
out$paired <- as.vector(t.test(one$y.y, one$y.x, paired = TRUE)$conf.int)
out$versions <- list(R = R.version.string)
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
