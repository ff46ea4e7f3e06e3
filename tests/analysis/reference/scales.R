# Numbers of scales and items: Rscript scales.R FOLDER scales.json
# psych for item statistics, lavaan for the one-factor model, base R for the rest.
# HTMT follows Henseler, Ringle & Sarstedt (2015), as semTools::htmt(htmt2 = FALSE) does.
suppressPackageStartupMessages({library(psych); library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
keys <- fromJSON(file.path(args[1], "scales_keys.json"), simplifyMatrix = FALSE)

alpha_of <- function(C) {k <- ncol(C); k / (k - 1) * (1 - sum(diag(C)) / sum(C))}

feldt <- function(a, n, k, level = .95) {
  d <- (1 - level) / 2
  1 - (1 - a) * c(qf(1 - d, n - 1, (n - 1) * (k - 1)), qf(d, n - 1, (n - 1) * (k - 1)))
}

# Influence of each row by its definition: the change of the statistic when the row weighs more.
influence <- function(x, statistic) {
  n <- nrow(x); h <- 1e-4
  sapply(seq_len(n), function(i) {
    at <- function(e) {w <- rep((1 - e) / n, n); w[i] <- w[i] + e
      statistic(cov.wt(x, w, method = "ML")$cov)}
    (at(h) - at(-h)) / (2 * h)
  })
}
raw_error <- function(x) {                      # Maydeu-Olivares, Coffman & Hartmann (2007)
  k <- ncol(x); n <- nrow(x); z <- scale(x, scale = FALSE); C <- cov(x); total <- rowSums(z)
  f <- -k / (k - 1) * (rowSums(z^2) / sum(C) - sum(diag(C)) * total^2 / sum(C)^2)
  sd(f) * sqrt((n - 1) / n) / sqrt(n)
}
t_reach <- function(f) {
  n <- length(f); f <- f - mean(f); m2 <- mean(f^2); m4 <- mean(f^4)
  qt(.975, min(2 * n / (m4 / m2^2 - 1), n - 1)) * sqrt(m2 / n)
}

item_numbers <- function(d, lo, hi) list(
  n = colSums(!is.na(d)), mean = colMeans(d, na.rm = TRUE), sd = apply(d, 2, sd, na.rm = TRUE),
  skew = psych::skew(d, type = 3), kurtosis = psych::kurtosi(d, type = 3),
  floor = colMeans(d == lo, na.rm = TRUE), ceiling = colMeans(d == hi, na.rm = TRUE))

rest_r <- function(C) sapply(seq_len(ncol(C)), function(i)
  sum(C[i, -i]) / sqrt(C[i, i] * sum(C[-i, -i])))
dropped <- function(C) if (ncol(C) < 3) NULL else
  sapply(seq_len(ncol(C)), function(i) alpha_of(C[-i, -i, drop = FALSE]))
pairs <- function(R) {r <- R[upper.tri(R)]; list(mean = mean(r), min = min(r), max = max(r))}

factor_numbers <- function(cc) {
  loads <- paste0("l", seq_along(cc)); rests <- paste0("e", seq_along(cc))
  m <- paste0("f =~ ", paste0(loads, "*", names(cc), collapse = " + "), "\n",
              paste0(names(cc), " ~~ ", rests, "*", names(cc), collapse = "\n"), "\n",
              "omega := (", paste(loads, collapse = "+"), ")^2/((", paste(loads, collapse = "+"),
              ")^2+", paste(rests, collapse = "+"), ")")
  f <- cfa(m, data = cc, std.lv = TRUE, estimator = "MLR")
  e <- parameterEstimates(f); l <- e$est[e$op == "=~"]
  omega <- e[e$op == ":=", ]
  list(loadings = l * sign(sum(l)), uniquenesses = e$est[e$op == "~~" & e$lhs != "f"],
       chisq = unname(fitMeasures(f, "chisq")), df = unname(fitMeasures(f, "df")),
       omega = omega$est, omega_se_mlr = omega$se)
}

scale_numbers <- function(d, key) {
  for (item in key$reverse) d[[item]] <- key$low + key$high - d[[item]]
  d <- d[, key$items]; cc <- d[complete.cases(d), ]; x <- as.matrix(cc)
  k <- ncol(d); n <- nrow(cc); C <- cov(cc); P <- cov(d, use = "pairwise")
  R <- cor(cc); Q <- cor(d, use = "pairwise"); a <- alpha_of(C)
  share <- rowMeans(!is.na(d)); m <- rowMeans(d, na.rm = TRUE); m[share < key$min_answered] <- NA
  std <- function(V) alpha_of(cov2cor(V))
  fr <- influence(x, alpha_of); fs <- influence(x, std)
  out <- list(
    n_rows = nrow(d), n_complete = n, items = item_numbers(d, key$low, key$high),
    covariance_pairwise = P, covariance_listwise = C,
    alpha_listwise = a, alpha_pairwise = alpha_of(P),
    alpha_std_listwise = alpha_of(R), alpha_std_pairwise = alpha_of(Q),
    feldt = feldt(a, n, k), adf_se = raw_error(x), adf_se_numeric = sqrt(mean(fr^2) / n),
    adf_se_std_numeric = sqrt(mean(fs^2) / n),
    adf_reach = t_reach(fr), adf_reach_std = t_reach(fs),
    rest_r_listwise = rest_r(C), rest_r_pairwise = rest_r(P),
    dropped_listwise = dropped(C), dropped_pairwise = dropped(P),
    interitem_listwise = pairs(R), interitem_pairwise = pairs(Q),
    score = list(n = sum(!is.na(m)), mean = mean(m, na.rm = TRUE), sd = sd(m, na.rm = TRUE)),
    prorated = sum(!is.na(m) & share < 1) / sum(!is.na(m)),
    sem_listwise = sd(rowMeans(cc)) * sqrt(1 - a),
    sem_pairwise = sd(m, na.rm = TRUE) * sqrt(1 - alpha_of(P)))
  if (k > 2) {
    p <- suppressWarnings(psych::alpha(cc, check.keys = FALSE, warnings = FALSE))
    out$psych <- list(raw_alpha = p$total$raw_alpha, std_alpha = p$total$std.alpha,
                      r_drop = p$item.stats$r.drop, alpha_drop = p$alpha.drop$raw_alpha)
    out$factor <- factor_numbers(cc)
  }
  out
}

htmt_numbers <- function(d, scales) {
  for (key in scales) for (i in key$reverse) d[[i]] <- key$low + key$high - d[[i]]
  items <- lapply(scales, function(key) key$items); R <- abs(cor(d[complete.cases(d), ]))
  within <- sapply(items, function(i) {r <- R[i, i]; mean(r[upper.tri(r)])})
  mean(R[items[[1]], items[[2]]]) / sqrt(prod(within))
}

cases <- lapply(setNames(names(keys), names(keys)), function(name) {
  d <- read.csv(file.path(args[1], paste0("scales_", name, ".csv")))
  out <- list(scales = lapply(keys[[name]], function(key) scale_numbers(d, key)))
  if (length(keys[[name]]) == 2) out$htmt <- htmt_numbers(d, unname(keys[[name]]))
  out
})
cases$versions <- list(R = R.version.string, psych = as.character(packageVersion("psych")),
                       lavaan = as.character(packageVersion("lavaan")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1, matrix = "rowmajor"), args[2])
