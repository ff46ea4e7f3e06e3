# Comparability of two waves of the same raters: Rscript longitudinal.R FOLDER longitudinal.json
# lavaan::lavaan, each item twice, residuals of the same item correlated; ML and MLR.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
scales <- list(a = c("a1", "a2", "a3", "a4"), b = c("b1", "b2", "b3"))
items <- unlist(scales)
wanted <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
            "srmr", "logl", "aic", "bic", "npar")
robust <- c("chisq.scaled", "chisq.scaling.factor", "pvalue.scaled", "cfi.robust", "tli.robust",
            "rmsea.robust", "srmr")

syntax <- function(step) {
  level <- match(step, c("configural", "metric", "scalar", "strict"))
  label <- function(kind, item, wave, from) paste0(kind, item, if (level < from) paste0("_", wave))
  lines <- character(0)
  for (w in 1:2) {
    for (s in names(scales)) {
      f <- paste0("f", s, w); i <- paste0(scales[[s]], "_", w)
      lines <- c(lines,
        paste0(f, " =~ ", paste0("NA*", i, " + ", label("l", scales[[s]], w, 2), "*", i,
                                 collapse = " + ")),
        paste0(f, " ~~ ", if (w == 2 && level > 1) "NA" else "1", "*", f),
        paste0(f, " ~ ", if (w == 2 && level > 2) "NA" else "0", "*1"))
    }
    for (i in items) lines <- c(lines,
      paste0(i, "_", w, " ~ ", label("n", i, w, 3), "*1"),
      paste0(i, "_", w, " ~~ ", label("t", i, w, 4), "*", i, "_", w))
  }
  factors <- c("fa1", "fb1", "fa2", "fb2")
  pairs <- combn(factors, 2)
  lines <- c(lines, paste0(items, "_1 ~~ ", items, "_2"), paste(pairs[1, ], "~~", pairs[2, ]))
  paste(lines, collapse = "\n")
}
ladder <- function(d, names, ...) {
  fits <- lapply(c(configural = "configural", metric = "metric", scalar = "scalar",
                   strict = "strict"),
                 function(s) lavaan(syntax(s), d, meanstructure = TRUE, ...))
  t <- do.call(lavTestLRT, unname(fits))
  list(fits = lapply(fits, function(f) as.list(fitMeasures(f)[names])),
       chisq_change = t[["Chisq diff"]][-1], df_change = t[["Df diff"]][-1],
       p_change = t[["Pr(>Chisq)"]][-1])
}
one <- function(case) {
  d <- read.csv(file.path(args[1], paste0("longitudinal_", case, ".csv")))
  d <- reshape(d, idvar = "rater", timevar = "wave", direction = "wide", sep = "_")
  list(ml = ladder(d, wanted), mlr = ladder(d, robust, estimator = "MLR"))
}
cases <- lapply(c(steady = "steady", drift = "drift"), one)
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
