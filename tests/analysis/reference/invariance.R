# Comparability of groups: Rscript invariance.R FOLDER invariance.json
# lavaan::cfa with group.equal, ML and MLR, and the difference tests of lavTestLRT.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
model <- "a =~ a1 + a2 + a3 + a4\nb =~ b1 + b2 + b3"
equal <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
              strict = c("loadings", "intercepts", "residuals"))
wanted <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
            "srmr", "logl", "aic", "bic", "npar")
robust <- c("chisq.scaled", "chisq.scaling.factor", "pvalue.scaled", "cfi.robust", "tli.robust",
            "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust", "srmr")

ladder <- function(d, names, ...) {
  fits <- lapply(equal, function(e) if (e[1] == "") cfa(model, d, group = "group", ...) else
    cfa(model, d, group = "group", group.equal = e, ...))
  t <- do.call(lavTestLRT, unname(fits))
  list(fits = lapply(fits, function(f) as.list(fitMeasures(f)[names])),
       chisq_change = t[["Chisq diff"]][-1], df_change = t[["Df diff"]][-1],
       p_change = t[["Pr(>Chisq)"]][-1])
}
names <- c("alike", "weigh", "level", "three")
cases <- lapply(setNames(names, names), function(name) {
  d <- read.csv(file.path(args[1], paste0("invariance_", name, ".csv")))
  list(ml = ladder(d, wanted), mlr = ladder(d, robust, estimator = "MLR"))
})
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
