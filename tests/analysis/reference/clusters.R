# Standard errors where raters of one partner belong together:
# Rscript clusters.R clusters.csv clusters.json
suppressPackageStartupMessages({library(lavaan); library(psych); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(args[1])
a <- paste0("a", 1:4); b <- paste0("b", 1:3)
complete <- d[complete.cases(d[a]), ]
alpha_of <- function(x) {S <- cov(x); k <- ncol(x); k / (k - 1) * (1 - sum(diag(S)) / sum(S))}
omega_of <- function(x) {
  m <- cfa(paste("f =~", paste(a, collapse = " + ")), data = x, std.lv = TRUE)
  l <- lavInspect(m, "est"); sum(l$lambda)^2 / (sum(l$lambda)^2 + sum(diag(l$theta)))
}
jackknife <- function(f, x, who) {
  v <- sapply(unique(who), function(g) f(x[who != g, ])); G <- length(v)
  sqrt((G - 1) / G * sum((v - mean(v))^2))
}
cr1 <- function(x, who) {  # derivative of alpha by weights of the rows, by finite differences
  n <- nrow(x)
  of <- function(w) {S <- cov.wt(x, w / sum(w), method = "ML")$cov; k <- ncol(x)
    k / (k - 1) * (1 - sum(diag(S)) / sum(S))}
  g <- sapply(1:n, function(i) {e <- rep(0, n); e[i] <- 1e-4
    (of(rep(1, n) + e) - of(rep(1, n) - e)) / 2e-4 * n})
  s <- tapply(g, who, sum); G <- length(s)
  sqrt(G / (G - 1) * sum(s^2)) / n
}
model <- paste("A =~", paste(a, collapse = " + "), "\nB =~", paste(b, collapse = " + "))
fitted <- function(...) {
  m <- cfa(model, data = d, std.lv = TRUE, estimator = "MLR", cluster = "partner", ...)
  f <- fitMeasures(m); p <- parameterEstimates(m); s <- standardizedSolution(m)
  list(n = lavInspect(m, "nobs"), chisq = f[["chisq"]], scaled = f[["chisq.scaled"]],
       scaling = f[["chisq.scaling.factor"]], cfi = f[["cfi.robust"]], rmsea = f[["rmsea.robust"]],
       se = p$se[p$op == "=~"], between = p$est[p$lhs == "A" & p$rhs == "B"],
       between_se = p$se[p$lhs == "A" & p$rhs == "B"], standardized_se = s$se[s$op == "=~"])
}
out <- list(
  alpha = alpha_of(complete[a]), psych = psych::alpha(complete[a])$total$raw_alpha,
  alpha_jackknife = jackknife(alpha_of, complete[a], complete$partner),
  alpha_cr1 = cr1(complete[a], complete$partner),
  omega = omega_of(complete[a]), omega_jackknife = jackknife(omega_of, complete[a], complete$partner),
  listwise = fitted(), fiml = fitted(missing = "fiml"),
  versions = list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
                  psych = as.character(packageVersion("psych"))))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
