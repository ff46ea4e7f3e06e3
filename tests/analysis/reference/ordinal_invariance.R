# Comparability of ordinal answers: Rscript ordinal_invariance.R FOLDER ordinal_invariance.json
# semTools::measEq.syntax (Wu & Estabrook 2016), lavaan::cfa with WLSMV, differences by lavTestLRT.
suppressPackageStartupMessages({library(lavaan); library(semTools); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
model <- "a =~ a1 + a2 + a3 + a4\nb =~ b1 + b2 + b3"
items <- c("a1", "a2", "a3", "a4", "b1", "b2", "b3")
equal <- list(configural = "", thresholds = "thresholds", metric = c("thresholds", "loadings"),
              scalar = c("thresholds", "loadings", "intercepts"),
              strict = c("thresholds", "loadings", "intercepts", "residuals"))
wanted <- c("chisq", "chisq.scaled", "df", "pvalue.scaled", "chisq.scaling.factor", "cfi.scaled",
            "tli.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled", "srmr",
            "npar")
ladder <- function(d) {
  fits <- lapply(equal, function(e) {
    s <- measEq.syntax(model, data = d, ordered = items, parameterization = "theta",
                       ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", group = "group",
                       group.equal = e)
    cfa(as.character(s), data = d, ordered = items, group = "group", estimator = "WLSMV",
        parameterization = "theta")
  })
  pairs <- mapply(function(less, more) {
    if (fitMeasures(fits[[less]], "df") == fitMeasures(fits[[more]], "df")) return(c(NA, 0, NA))
    t <- lavTestLRT(fits[[less]], fits[[more]])
    c(t[["Chisq diff"]][2], t[["Df diff"]][2], t[["Pr(>Chisq)"]][2])
  }, names(equal)[-5], names(equal)[-1])
  list(fits = lapply(fits, function(f) as.list(fitMeasures(f)[wanted])),
       chisq_change = unname(pairs[1, ]), df_change = unname(pairs[2, ]),
       p_change = unname(pairs[3, ]))
}
read <- function(name) read.csv(file.path(args[1], paste0("invariance_", name, ".csv")))
three <- function(d) { d[items] <- lapply(d[items], function(x) (x > 2) + (x > 3)); d }
names <- c("alike", "weigh", "level", "three")
cases <- lapply(setNames(names, names), function(name) ladder(read(name)))
cases$few <- ladder(three(read("level")))
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
                       semTools = as.character(packageVersion("semTools")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, na = "null", pretty = 1), args[2])
