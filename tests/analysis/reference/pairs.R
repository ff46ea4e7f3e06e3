# Pairs of partners in base R: Rscript pairs.R nested.csv pairs.json
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])
bound <- 1.5

one_case <- function(d) {
  g <- factor(d$partner); y <- round(rowMeans(d[, c("i1", "i2", "i3")]), 12)
  k <- nlevels(g); every <- combn(levels(g), 2, simplify = FALSE)
  rows <- lapply(every, function(pair) {
    a <- y[g == pair[1]]; b <- y[g == pair[2]]
    w <- t.test(a, b)
    q <- qtukey(.95, k, unname(w$parameter)) / sqrt(2) * w$stderr
    difference <- mean(a) - mean(b)
    list(difference = difference, low = difference - q, high = difference + q,
         p = ptukey(abs(unname(w$statistic)) * sqrt(2), k, unname(w$parameter),
                    lower.tail = FALSE),
         equal = max(t.test(a, b, mu = -bound, alternative = "greater")$p.value,
                     t.test(a, b, mu = bound, alternative = "less")$p.value))
  })
  of <- function(name) vapply(rows, function(row) row[[name]], 0)
  list(difference = of("difference"), ci_low = of("low"), ci_high = of("high"), p = of("p"),
       equal = of("equal"), p_equal = p.adjust(of("equal"), "holm"))
}

names <- c("balanced", "small", "disagreement")
out <- setNames(lapply(names, function(name) one_case(table[table$case == name, ])), names)
out$bound <- bound
out$versions <- list(R = R.version.string)
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
