# Lines of partners over waves: Rscript waves.R waves.csv waves.json
# lm for the lines and cells; lme4 where there are two waves, else the restricted likelihood of
# the slopes written out and searched in two parameters; control limits from base R.
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])

by_lme4 <- function(d) {
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.02, rhoend = 1e-9),
                         check.conv.singular = "ignore")
  d$t <- d$wave - min(d$wave)
  m <- lmer(y ~ 0 + g + t + (0 + t | g), d, REML = TRUE, control = control)
  v <- as.data.frame(VarCorr(m))$vcov
  list(mu = unname(fixef(m)["t"]), tau2 = v[1], sigma2 = v[2],
       shrunken = unname(fixef(m)["t"]) + ranef(m)$g[, 1])
}
by_likelihood <- function(b, s, ss, df) {
  deviance <- function(par) {
    tau2 <- exp(par[1]); sigma2 <- exp(par[2]); v <- tau2 + sigma2 / s; w <- 1 / v
    mu <- sum(w * b) / sum(w)
    sum(log(v)) + sum(w * (b - mu)^2) + log(sum(w)) + df * log(sigma2) + ss / sigma2
  }
  best <- optim(c(log(var(b) / 2), log(ss / df)), deviance, method = "BFGS",
                control = list(reltol = 1e-15, maxit = 1000))
  tau2 <- exp(best$par[1]); sigma2 <- exp(best$par[2]); w <- 1 / (tau2 + sigma2 / s)
  mu <- sum(w * b) / sum(w); kept <- tau2 * w
  list(mu = mu, tau2 = tau2, sigma2 = sigma2, shrunken = mu + kept * (b - mu))
}
limits <- function(d, level = .95) { # analysis of means, one partner over its waves
  n <- as.vector(table(d$wave)); m <- as.vector(tapply(d$y, d$wave, mean)); N <- sum(n); W <- length(n)
  s <- sqrt(sum((d$y - ave(d$y, d$wave))^2) / (N - W)); centre <- mean(d$y)
  h <- qt(1 - (1 - level) / (2 * W), N - W) * s * sqrt(1 / n - 1 / N)
  list(centre = centre, s = s, mean = m, low = centre - h, high = centre + h,
       three_low = centre - 3 * s / sqrt(n), three_high = centre + 3 * s / sqrt(n))
}
shares <- function(d, level = .95) { # exact: successes of a wave given those of all waves
  yes <- as.vector(tapply(d$y >= 3, d$wave, sum)); n <- as.vector(table(d$wave)); N <- sum(n)
  tail <- (1 - level) / (2 * length(n)); K <- sum(yes)
  list(share = yes / n, low = qhyper(tail, K, N - K, n) / n,
       high = qhyper(tail, K, N - K, n, lower.tail = FALSE) / n)
}
one_case <- function(d) {
  d$g <- factor(d$partner); d$cell <- interaction(d$g, d$wave, drop = TRUE)
  several <- tapply(d$wave, d$g, function(w) length(unique(w)) > 1)
  k <- d[d$g %in% names(several)[several], ]; k$g <- factor(k$partner)
  cells <- lm(y ~ cell, d); sigma <- summary(cells)$sigma; df <- cells$df.residual
  lines <- lm(y ~ 0 + g + g:wave, k)
  b <- tail(coef(lines), nlevels(k$g)); s <- as.vector(tapply(k$wave, k$g, function(w) sum((w - mean(w))^2)))
  half <- qt(.975, df) * sigma / sqrt(s)
  own <- lm(y ~ factor(cell), k); bend_df <- lines$df.residual - own$df.residual
  bend <- if (bend_df > 0) (deviance(lines) - deviance(own)) / bend_df / sigma^2 else NULL
  eb <- if (length(unique(d$wave)) == 2) by_lme4(k) else by_likelihood(b, s, deviance(cells), df)
  v <- eb$tau2 + eb$sigma2 / s; P <- length(b)
  knapp <- qt(.975, P - 1) * sqrt(sum((b - eb$mu)^2 / v) / (P - 1) / sum(1 / v))
  list(partner = as.integer(levels(k$g)), slope = unname(b), ci_low = unname(b) - half, ci_high = unname(b) + half,
       bend_f = bend, bend_p = if (bend_df > 0) pf(bend, bend_df, df, lower.tail = FALSE) else NULL,
       eb = eb, mu_ci = c(eb$mu - knapp, eb$mu + knapp),
       chart = limits(d[d$partner == max(d$partner), ]), p_chart = shares(d[d$partner == max(d$partner), ]))
}

cases <- unique(table$case)
out <- setNames(lapply(cases, function(name) one_case(table[table$case == name, ])), cases)
out$versions <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1), args[2])
