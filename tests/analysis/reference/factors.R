# Numbers of factor models: Rscript factors.R FOLDER factors.json
# lavaan::cfa with factor variances 1: ML, robust ML (MLR), with missing answers (FIML), and of
# ordinal answers (WLSMV), with the polychoric correlations of complete rows (lavCor).
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
keys <- fromJSON(file.path(args[1], "factors_keys.json"), simplifyMatrix = FALSE)

indices <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
             "srmr", "logl", "aic", "bic", "npar")
robust <- c("chisq.scaled", "chisq.scaling.factor", "pvalue.scaled", "cfi.robust", "tli.robust",
            "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")

ordinal <- c("chisq.scaled", "chisq.scaling.factor", "pvalue.scaled", "cfi.scaled", "tli.scaled",
             "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled")

numbers <- function(f, wanted) {
  m <- fitMeasures(f); p <- parameterEstimates(f); s <- standardizedSolution(f)
  loads <- p$op == "=~"; rests <- p$op == "~~" & p$lhs == p$rhs & !p$lhs %in% lavNames(f, "lv")
  between <- p$op == "~~" & p$lhs != p$rhs
  list(fit = as.list(m[intersect(wanted, names(m))]),
       item = p$rhs[loads], loading = p$est[loads], se = p$se[loads],
       standardized = s$est.std[s$op == "=~"], standardized_se = s$se[s$op == "=~"],
       ci_low = s$ci.lower[s$op == "=~"], ci_high = s$ci.upper[s$op == "=~"],
       uniqueness = p$est[rests], one = p$lhs[between], other = p$rhs[between],
       r = p$est[between], r_se = p$se[between],
       intercept = p$est[p$op == "~1" & p$lhs %in% lavNames(f)])
}
one <- function(name) {
  d <- read.csv(file.path(args[1], paste0("factors_", name, ".csv"))); scales <- keys[[name]]
  for (key in scales) for (i in key$reverse) d[[i]] <- key$low + key$high - d[[i]]
  m <- paste(sapply(names(scales), function(s)
    paste(s, "=~", paste(scales[[s]]$items, collapse = " + "))), collapse = "\n")
  fit <- function(wanted, ...) numbers(suppressWarnings(
    cfa(m, data = d, std.lv = TRUE, ...)), wanted)
  out <- list(n = sum(complete.cases(d)), ml = fit(indices),
              mlr = fit(c(indices, robust), estimator = "MLR"))
  if (max(sapply(d, function(x) length(unique(x)))) < 13) {  # ordinal answers
    it <- names(d); o <- d[complete.cases(d), ]; o[it] <- lapply(o[it], ordered)
    poly <- function(...) unname(unclass(suppressWarnings(lavCor(o, ordered = it, ...))))
    out$polychoric <- poly(output = "cor"); out$thresholds <- as.numeric(poly(output = "th"))
    k <- length(scales[[1]]$items); first <- out$polychoric[1:k, 1:k]
    out$ordinal_alpha <- k / (k - 1) * (1 - k / sum(first))
    w <- suppressWarnings(cfa(m, data = o, std.lv = TRUE, ordered = it, estimator = "WLSMV"))
    if (lavInspect(w, "converged")) out$wlsmv <- numbers(w, c(indices, ordinal))
  }
  if (anyNA(d)) {
    s <- cfa(m, data = d, std.lv = TRUE, missing = "fiml", em.h1.tol = 1e-12, em.h1.iter.max = 1e5)
    h <- lavInspect(s, "sampstat")
    out$fiml <- c(fit(indices, missing = "fiml", em.h1.tol = 1e-12, em.h1.iter.max = 1e5),
      list(n_fiml = nobs(s), h1_mean = unname(unclass(h$mean)), h1_cov = unname(unclass(h$cov)),
           h1_logl = unname(fitMeasures(s, "unrestricted.logl"))))
    out$fiml_mlr <- fit(c(indices, robust), missing = "fiml", estimator = "MLR",
                        em.h1.tol = 1e-12, em.h1.iter.max = 1e5)
  }
  out
}
cases <- lapply(setNames(names(keys), names(keys)), one)
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1,
                  matrix = "rowmajor"), args[2])
