# Intervals of halves and bounds, and omega without each item: Rscript scale_evidence.R FOLDER OUT
# The influence of each row comes from derivatives by finite differences here, from formulas there;
# omega without an item is that of lavaan's one-factor model of the others.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
keys <- fromJSON(file.path(args[1], "scales_keys.json"), simplifyMatrix = FALSE)

bounds <- list(
  spearman_brown = function(C) {
    odd <- seq(1, ncol(C), 2)
    r <- sum(C[odd, -odd]) / sqrt(sum(C[odd, odd]) * sum(C[-odd, -odd])); 2 * r / (1 + r)
  },
  odd_even_lambda4 = function(C) { odd <- seq(1, ncol(C), 2); 4 * sum(C[odd, -odd]) / sum(C) },
  lambda2 = function(C) {
    k <- ncol(C); off <- C - diag(diag(C)); (sum(off) + sqrt(k / (k - 1) * sum(off^2))) / sum(C)
  },
  lambda6 = function(C) 1 - sum(1 / diag(solve(C))) / sum(C)
)
slope <- function(f, C) {
  k <- ncol(C); G <- matrix(0, k, k)
  for (i in 1:k) for (j in i:k) {
    h <- 1e-5 * sqrt(C[i, i] * C[j, j]); D <- matrix(0, k, k); D[i, j] <- D[j, i] <- h
    G[i, j] <- G[j, i] <- (f(C + D) - f(C - D)) / (2 * h) / (if (i == j) 1 else 2)
  }
  G
}
interval <- function(name, x) {
  f <- bounds[[name]]; n <- nrow(x); k <- ncol(x); C <- cov(x); value <- f(C)
  z <- scale(x, scale = FALSE); moved <- rowSums((z %*% slope(f, C)) * z); moved <- moved - mean(moved)
  kurtosis <- mean(moved^4) / mean(moved^2)^2
  reach <- qt(0.975, min(2 * n / (kurtosis - 1), n - 1)) * sqrt(mean(moved^2) / n)
  ratio <- exp(reach / (1 - value))
  error <- (1 - value) * (if (name == "lambda6") (n - 1) / (n - k) else 1)
  c(1 - error * ratio, 1 - error / ratio)
}
omega_without <- function(x, item) {
  others <- setdiff(names(x), item)
  fit <- suppressWarnings(try(cfa(paste("f =~", paste(others, collapse = " + ")), x, std.lv = TRUE,
                                  likelihood = "normal"), silent = TRUE))
  if (inherits(fit, "try-error") || !lavInspect(fit, "converged")) return(NULL)
  e <- lavInspect(fit, "est"); theta <- diag(e$theta)
  if (any(theta < 0)) return(NULL)
  sum(e$lambda)^2 / (sum(e$lambda)^2 + sum(theta))
}
one <- function(d, key) {
  for (item in key$reverse) d[[item]] <- key$low + key$high - d[[item]]
  d <- d[, key$items]; x <- d[complete.cases(d), ]
  out <- list(intervals = lapply(setNames(names(bounds), names(bounds)), interval, x = as.matrix(x)))
  if (ncol(d) > 3)
    out$omega_if_deleted <- lapply(setNames(names(x), names(x)), function(i) omega_without(x, i))
  out
}
cases <- lapply(setNames(names(keys), names(keys)), function(name) {
  d <- read.csv(file.path(args[1], paste0("scales_", name, ".csv")))
  lapply(Filter(function(key) length(key$items) > 2, keys[[name]]), function(key) one(d, key))
})
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1, null = "null"), args[2])
