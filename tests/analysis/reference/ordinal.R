# Reliability of ordinal answers, and factor models of ordinal answers with gaps:
# Rscript ordinal.R FOLDER ordinal.json
# semTools::compRelSEM of each scale alone, lavaan::cfa with estimator WLSMV and missing pairwise.
suppressPackageStartupMessages({library(lavaan); library(semTools); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
keys <- fromJSON(file.path(args[1], "factors_keys.json"), simplifyMatrix = FALSE)
indices <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
             "srmr", "npar", "chisq.scaled", "chisq.scaling.factor", "pvalue.scaled", "cfi.scaled",
             "tli.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled")

answers <- function(name) {
  d <- read.csv(file.path(args[1], paste0("factors_", name, ".csv")))
  for (key in keys[[name]]) for (i in key$reverse) d[[i]] <- key$low + key$high - d[[i]]
  d
}
syntax <- function(scales) paste(sapply(names(scales), function(s)
  paste(s, "=~", paste(scales[[s]]$items, collapse = " + "))), collapse = "\n")
fit <- function(d, scales, missing) {
  it <- unlist(lapply(scales, `[[`, "items")); o <- d[it]; o[it] <- lapply(o[it], ordered)
  suppressWarnings(cfa(syntax(scales), data = o, std.lv = TRUE, ordered = it,
                       estimator = "WLSMV", missing = missing))
}
numbers <- function(f) {
  m <- fitMeasures(f); p <- parameterEstimates(f); s <- standardizedSolution(f)
  loads <- p$op == "=~"; between <- p$op == "~~" & p$lhs != p$rhs
  thresholds <- p[p$op == "|", ]
  gamma <- lavInspect(f, "gamma"); chosen <- grep("~~", rownames(gamma))
  list(n = nobs(f), fit = as.list(m[intersect(indices, names(m))]), item = p$rhs[loads],
       loading = p$est[loads], se = p$se[loads], standardized = s$est.std[s$op == "=~"],
       standardized_se = s$se[s$op == "=~"], r = p$est[between], r_se = p$se[between],
       thresholds = thresholds$est, threshold_se = thresholds$se,
       correlations = unname(unclass(lavInspect(f, "sampstat")$cov)),
       gamma = unname(unclass(gamma[chosen, chosen])))
}
alone <- function(name) {  # each scale of three items or more by itself
  scales <- Filter(function(s) length(s$items) > 2, keys[[name]])
  lapply(setNames(names(scales), names(scales)), function(s) {
    f <- fit(answers(name), scales[s], "listwise")
    list(omega = unname(compRelSEM(f)), n = nobs(f))
  })
}
ordinal <- c("three", "skewed", "close", "gaps", "pairs")
cases <- list(omega = lapply(setNames(ordinal, ordinal), alone))
d <- answers("gaps"); first <- keys$gaps[1]
cases$pairwise <- numbers(fit(d, keys$gaps, "pairwise"))
f <- fit(d, first, "pairwise")
cases$omega_pairwise <- list(omega = unname(compRelSEM(f)), n = nobs(f))
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
                       semTools = as.character(packageVersion("semTools")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1,
                  matrix = "rowmajor"), args[2])
