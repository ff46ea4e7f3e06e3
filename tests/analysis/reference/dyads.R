# Pairs: Rscript dyads.R dyads.csv dyads.json
# nlme for the actor-partner model, lm for the response surface, aov for the ICC.
suppressPackageStartupMessages({library(nlme); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])

effects <- function(m) {t <- summary(m)$tTable; list(est = t[, 1], se = t[, 2])}
long <- function(d) {
  n <- nrow(d)
  rbind(data.frame(pair = 1:n, who = "a", y = d$ya, own = d$xa, other = d$xb),
        data.frame(pair = 1:n, who = "b", y = d$yb, own = d$xb, other = d$xa))
}
apim <- function(d) {
  l <- long(d); l <- l[order(l$pair), ]; precise <- glsControl(tolerance = 1e-10, msTol = 1e-12)
  both <- gls(y ~ own + other, l, correlation = corCompSymm(form = ~ 1 | pair), control = precise)
  apart <- gls(y ~ 0 + who + who:own + who:other, l, correlation = corSymm(form = ~ 1 | pair),
               weights = varIdent(form = ~ 1 | who), control = precise)
  chi2 <- 2 * (as.numeric(logLik(update(apart, method = "ML"))) -
               as.numeric(logLik(update(both, method = "ML"))))
  list(exchangeable = effects(both), told_apart = effects(apart), chi2 = chi2,
       lm_a = unname(summary(lm(ya ~ xa + xb, d))$coefficients[, 2]))
}
surface <- function(d) {
  at <- mean(c(d$xa, d$xb)); x <- d$xa - at; y <- d$xb - at
  m <- lm(d$ya ~ x + y + I(x^2) + I(x * y) + I(y^2)); v <- vcov(m)
  lines <- rbind(c(0, 1, 1, 0, 0, 0), c(0, 0, 0, 1, 1, 1), c(0, 1, -1, 0, 0, 0), c(0, 0, 0, 1, -1, 1))
  list(coef = unname(coef(m)), slopes = as.vector(lines %*% coef(m)),
       se = sqrt(diag(lines %*% v %*% t(lines))), r2 = summary(m)$r.squared,
       ci = unname(confint(m)))
}
icc <- function(d) {
  n <- nrow(d); l <- data.frame(y = c(d$ya, d$yb), pair = factor(rep(1:n, 2)))
  s <- summary(aov(y ~ pair, l))[[1]]; f <- s[1, 4]
  ends <- sapply(c(.975, .025), function(p) {q <- f / qf(p, n - 1, n); (q - 1) / (q + 1)})
  list(icc1 = (s[1, 3] - s[2, 3]) / (s[1, 3] + s[2, 3]), ci = ends,
       double_entry = cor(c(d$ya, d$yb), c(d$yb, d$ya)))
}

cases <- unique(table$case)
out <- setNames(lapply(cases, function(name) {
  d <- table[table$case == name, ]
  list(apim = apim(d), surface = surface(d), icc = icc(d))
}), cases)
out$versions <- list(R = R.version.string, nlme = as.character(packageVersion("nlme")))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1), args[2])
