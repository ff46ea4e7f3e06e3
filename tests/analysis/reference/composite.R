# Composite of two scales and its reliability: Rscript composite.R FOLDER composite.json
suppressPackageStartupMessages({library(psych); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
keys <- fromJSON(file.path(args[1], "scales_keys.json"), simplifyMatrix = FALSE)$complete
d <- read.csv(file.path(args[1], "scales_complete.csv"))
weights <- c(trust = 3, quality = 2)
w <- weights / sum(weights)
blocks <- lapply(names(w), function(name) {
  key <- keys[[name]]; x <- d[, unlist(key$items)]
  for (item in unlist(key$reverse)) x[[item]] <- key$low + key$high - x[[item]]
  x
})
alphas <- sapply(blocks, function(x) suppressWarnings(psych::alpha(x, warnings = FALSE)$total$raw_alpha))
s <- sapply(blocks, rowMeans); y <- as.vector(s %*% w)
out <- list(weights = as.list(weights), reliability = 1 - sum(w^2 * diag(var(s)) * (1 - alphas)) / var(y),
            alpha = alphas, sd = apply(s, 2, sd), share = as.vector(w * cov(s, y)) / var(y),
            mean = mean(y), variance = var(y),
            versions = list(R = R.version.string, psych = as.character(packageVersion("psych"))))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
