# Numbers for raters nested in partners: Rscript nested.R nested.csv nested.json
# lme4 for the variance components, base R for the rest. rwg(j) and AD follow
# James, Demaree & Wolf (1984) and Burke, Finkelstein & Dusig (1999).
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])
items <- c("i1", "i2", "i3")
points <- 5

mixed <- function(y, g, reml) {
  # The default optimiser stops early where the likelihood is flat; this one goes on.
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.02, rhoend = 1e-9),
                         check.conv.singular = "ignore")
  m <- lmer(y ~ 1 + (1 | g), REML = reml, control = control)
  v <- as.data.frame(VarCorr(m))$vcov
  r <- ranef(m, condVar = TRUE)$g
  list(mu = unname(fixef(m)), mu_se = sqrt(as.matrix(vcov(m))[1, 1]), tau2 = v[1], sigma2 = v[2],
       icc = v[1] / sum(v), log_likelihood = as.numeric(logLik(m)),
       shrunken = unname(fixef(m)) + r[, 1], shrunken_se = sqrt(as.vector(attr(r, "postVar"))))
}

one_way <- function(y, g) {
  s <- summary(aov(y ~ g))[[1]]
  n <- as.vector(table(g)); N <- sum(n); G <- length(n)
  n0 <- (N - sum(n^2) / N) / (G - 1); msb <- s[1, 3]; msw <- s[2, 3]; f <- s[1, 4]
  ci <- sapply(c(.975, .025), function(p) {q <- f / qf(p, s[1, 1], s[2, 1]); (q - 1) / (q + n0 - 1)})
  list(msb = msb, msw = msw, f = f, df1 = s[1, 1], df2 = s[2, 1], p = s[1, 5], n0 = n0,
       eta_squared = s[1, 2] / sum(s[, 2]),
       icc1_anova = (msb - msw) / (msb + (n0 - 1) * msw), icc1_ci_low = ci[1], icc1_ci_high = ci[2],
       icc1_mean_size = (msb - msw) / (msb + (N / G - 1) * msw), icc2_anova = (msb - msw) / msb)
}

rwg_j <- function(x) {
  k <- ncol(x); q <- mean(apply(x, 2, var)) / ((points^2 - 1) / 12)
  if (q < 1) k * (1 - q) / (k * (1 - q) + q) else 0
}
ad_m <- function(x) mean(apply(x, 2, function(v) mean(abs(v - mean(v)))))

t_interval <- function(v) {
  if (length(v) < 2 || sd(v) == 0) return(c(NA, NA))
  as.vector(t.test(v)$conf.int)
}

places <- function(m, draws = 20000) { # posterior places as in Goldstein & Spiegelhalter (1996)
  if (m$tau2 < 1e-8) return(NULL)
  set.seed(1)
  score <- matrix(rnorm(draws * length(m$shrunken), m$shrunken, m$shrunken_se), nrow = draws, byrow = TRUE)
  rank <- t(apply(-score, 1, rank))
  list(low = apply(rank, 2, quantile, .025, type = 1), high = apply(rank, 2, quantile, .975, type = 1),
       mean = colMeans(rank))
}

one_case <- function(d) {
  g <- factor(d$partner); y <- rowMeans(d[, items]); parts <- split(d[, items], g)
  several <- sapply(parts, nrow) > 1
  intervals <- sapply(split(y, g), t_interval)
  reml <- mixed(y, g, TRUE)
  list(partner = as.integer(levels(g)), n = as.vector(table(g)), mean = as.vector(tapply(y, g, mean)),
       sd = as.vector(tapply(y, g, sd)), ci_low = intervals[1, ], ci_high = intervals[2, ],
       anova = one_way(y, g), reml = reml, ml = mixed(y, g, FALSE), places = places(reml),
       agreement_partner = as.integer(levels(g))[several],
       rwg_j = unname(sapply(parts[several], rwg_j)), ad_m = unname(sapply(parts[several], ad_m)))
}

cases <- unique(table$case)
out <- setNames(lapply(cases, function(name) one_case(table[table$case == name, ])), cases)
out$versions <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1), args[2])
