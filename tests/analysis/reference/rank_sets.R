# Rank confidence sets by loops over pairs: Rscript rank_sets.R nested.csv rank_sets.json
# Mogstad, Romano, Shaikh & Wilhelm (2024), step-down, pooled variance; qtukey where all n are
# equal. Every hypothesis «i is not above j» is looked at one by one.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])
draws <- 4000; level <- .95

limit <- function(z, e, open) {
  top <- rep(-Inf, nrow(z))
  for (h in seq_len(nrow(open))) {
    i <- open[h, 1]; j <- open[h, 2]
    top <- pmax(top, (z[, i] - z[, j]) / sqrt(e[i] + e[j]))
  }
  as.numeric(quantile(top, level, type = 1))
}

step_down <- function(m, e, z, family) {
  sure <- matrix(FALSE, length(m), length(m)); first <- NA
  repeat {
    if (nrow(family) == 0) break
    c <- limit(z, e, family); if (is.na(first)) first <- c
    stat <- (m[family[, 1]] - m[family[, 2]]) / sqrt(e[family[, 1]] + e[family[, 2]])
    new <- stat > c
    if (!any(new)) break
    sure[family[new, , drop = FALSE]] <- TRUE
    family <- family[!new, , drop = FALSE]
  }
  list(sure = sure, first = first)
}

one_case <- function(d) {
  g <- factor(d$partner); y <- rowMeans(d[, c("i1", "i2", "i3")])
  m <- as.vector(tapply(y, g, mean)); n <- as.vector(table(g)); p <- length(m)
  df <- length(y) - p; s2 <- sum((y - m[g])^2) / df; e <- s2 / n
  set.seed(1)
  z <- matrix(rnorm(draws * p), draws) * rep(sqrt(e), each = draws) / sqrt(rchisq(draws, df) / df)
  all <- as.matrix(expand.grid(1:p, 1:p)); all <- all[all[, 1] != all[, 2], ]
  both <- step_down(m, e, z, all)
  alone <- lapply(1:p, function(j) {
    s <- step_down(m, e, z, all[all[, 1] == j | all[, 2] == j, ])$sure
    c(1 + sum(s[, j]), p - sum(s[j, ]))
  })
  alone <- do.call(rbind, alone)
  list(partner = as.integer(levels(g)), simultaneous_low = 1 + colSums(both$sure),
       simultaneous_high = p - rowSums(both$sure), marginal_low = alone[, 1],
       marginal_high = alone[, 2], critical = both$first,
       tukey = if (length(unique(n)) == 1) qtukey(level, p, df) / sqrt(2) else NULL)
}

names <- c("unbalanced", "balanced", "two", "small")
out <- setNames(lapply(names, function(name) one_case(table[table$case == name, ])), names)
out$versions <- list(R = R.version.string)
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null", pretty = 1), args[2])
