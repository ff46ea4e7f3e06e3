# Tests between partners in base R: Rscript comparisons.R nested.csv comparisons.json
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])

pairs_of <- function(y, g) { # Games & Howell (1976)
  m <- tapply(y, g, mean); v <- tapply(y, g, var); n <- tapply(y, g, length); k <- nlevels(g)
  c <- combn(k, 2); i <- c[1, ]; j <- c[2, ]; a <- v[i] / n[i]; b <- v[j] / n[j]
  df <- (a + b)^2 / (a^2 / (n[i] - 1) + b^2 / (n[j] - 1)); t <- (m[i] - m[j]) / sqrt(a + b)
  list(first = as.integer(levels(g))[i], second = as.integer(levels(g))[j],
       difference = as.vector(m[i] - m[j]), se = as.vector(sqrt(a + b)), df = as.vector(df),
       p = as.vector(ptukey(abs(t) * sqrt(2), k, df, lower.tail = FALSE)))
}

one_case <- function(d) {
  g <- factor(d$partner); y <- round(rowMeans(d[, c("i1", "i2", "i3")]), 12)
  w <- oneway.test(y ~ g); k <- kruskal.test(y, g)
  rest <- lapply(levels(g), function(l) t.test(y[g == l], y[g != l]))
  p <- sapply(rest, function(t) t$p.value)
  tost <- sapply(levels(g), function(l) max(
    t.test(y[g == l], y[g != l], mu = -.3, alternative = "greater")$p.value,
    t.test(y[g == l], y[g != l], mu = .3, alternative = "less")$p.value))
  list(welch = list(f = unname(w$statistic), df1 = unname(w$parameter[1]),
                    df2 = unname(w$parameter[2]), p = w$p.value),
       kruskal = list(h = unname(k$statistic), p = k$p.value),
       partner = as.integer(levels(g)), t = sapply(rest, function(t) unname(t$statistic)),
       df = sapply(rest, function(t) unname(t$parameter)),
       ci_low = sapply(rest, function(t) t$conf.int[1]),
       ci_high = sapply(rest, function(t) t$conf.int[2]), p = p, holm = p.adjust(p, "holm"),
       bh = p.adjust(p, "BH"), p_equivalent = unname(tost), pairs = pairs_of(y, g))
}

names <- c("balanced", "small", "two", "disagreement")
out <- setNames(lapply(names, function(name) one_case(table[table$case == name, ])), names)
out$versions <- list(R = R.version.string)
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
