# Partial comparability of groups: Rscript partial_invariance.R FOLDER partial_invariance.json
# lavaan::cfa with group.equal and group.partial, ML and MLR; score tests of lavTestScore.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
model <- "a =~ a1 + a2 + a3 + a4\nb =~ b1 + b2 + b3"
free <- list(weigh = list(metric = c("a =~ a2", "b =~ b2"),
                          scalar = c("a =~ a2", "b =~ b2", "a2 ~ 1", "b2 ~ 1")),
             level = list(metric = character(0), scalar = c("a3 ~ 1", "b1 ~ 1")))
equal <- list(metric = "loadings", scalar = c("loadings", "intercepts"))
wanted <- c("chisq", "df", "cfi", "rmsea", "srmr", "npar")
robust <- c("chisq.scaled", "chisq.scaling.factor", "df", "cfi.robust", "rmsea.robust")

read <- function(case) read.csv(file.path(args[1], paste0("invariance_", case, ".csv")))
partly <- function(case, step, ...)
  cfa(model, read(case), group = "group", std.lv = TRUE, group.equal = equal[[step]],
      group.partial = free[[case]][[step]], ...)
one <- function(case) lapply(setNames(names(equal), names(equal)), function(step) {
  f <- partly(case, step); p <- parameterEstimates(f)
  r <- partly(case, step, estimator = "MLR")
  list(ml = as.list(fitMeasures(f)[wanted]), mlr = as.list(fitMeasures(r)[robust]),
       loadings = split(p$est[p$op == "=~"], p$group[p$op == "=~"]),
       intercepts = split(p$est[p$op == "~1" & !p$lhs %in% c("a", "b")],
                          p$group[p$op == "~1" & !p$lhs %in% c("a", "b")]),
       means = p$est[p$op == "~1" & p$lhs %in% c("a", "b") & p$group == 2])
})
scores <- function(case, step) {  # of each loading or intercept, all items equal
  f <- cfa(model, read(case), group = "group", std.lv = TRUE, group.equal = equal[[step]])
  p <- parTable(f); t <- lavTestScore(f)$uni
  rows <- match(t$lhs, p$plabel)
  chosen <- if (step == "metric") p$op[rows] == "=~" else p$op[rows] == "~1"
  x <- t$X2[chosen]; names(x) <- if (step == "metric") p$rhs[rows][chosen] else p$lhs[rows][chosen]
  as.list(x)
}
cases <- lapply(setNames(names(free), names(free)), one)
cases$scores <- list(weigh = scores("weigh", "metric"), level = scores("level", "scalar"))
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
