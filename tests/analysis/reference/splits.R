# Numbers of halves and bounds: Rscript splits.R FOLDER splits.json
# psych::splitHalf and psych::guttman for the standardized items; covar = TRUE for the raw ones.
# λ4 of the raw items also by trying every split here; λ2, λ6 of the raw items by their formulas.
suppressPackageStartupMessages({library(psych); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
keys <- fromJSON(file.path(args[1], "scales_keys.json"), simplifyMatrix = FALSE)

by_hand <- function(C) {
  k <- ncol(C); V <- sum(C); off <- C - diag(diag(C)); odd <- seq(1, k, 2)
  splits <- combn(k, k %/% 2)
  cut <- function(a) 4 * sum(C[a, -a]) / V
  r <- sum(C[odd, -odd]) / sqrt(sum(C[odd, odd]) * sum(C[-odd, -odd]))
  list(odd_even_r = r, spearman_brown = 2 * r / (1 + r), odd_even_lambda4 = cut(odd),
       lambda2 = (sum(off) + sqrt(k / (k - 1) * sum(off^2))) / V,
       lambda4 = max(apply(splits, 2, cut)), lambda6 = 1 - sum(1 / diag(solve(C))) / V)
}
by_psych <- function(x) {
  s <- suppressWarnings(splitHalf(x, raw = TRUE, brute = TRUE, check.keys = FALSE))
  g <- suppressMessages(suppressWarnings(guttman(cor(x))))
  list(lambda2 = g$lambda.2, lambda4 = s$maxrb, lambda6 = g$lambda.6)
}
one <- function(d, key) {
  for (item in key$reverse) d[[item]] <- key$low + key$high - d[[item]]
  d <- d[, key$items]; x <- d[complete.cases(d), ]
  out <- list(raw_listwise = by_hand(cov(x)), raw_pairwise = by_hand(cov(d, use = "pairwise")),
              standardized_listwise = by_hand(cor(x)))
  if (ncol(d) > 2) out$psych <- by_psych(x)
  out
}
cases <- lapply(setNames(names(keys), names(keys)), function(name) {
  d <- read.csv(file.path(args[1], paste0("scales_", name, ".csv")))
  lapply(keys[[name]], function(key) one(d, key))
})
cases$versions <- list(R = R.version.string, psych = as.character(packageVersion("psych")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
