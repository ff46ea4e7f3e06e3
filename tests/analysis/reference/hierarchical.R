# Omega hierarchical: Rscript hierarchical.R FOLDER hierarchical.json
# psych::omega (minres, oblimin, option "equal" with two factors), with the steps it goes through.
suppressPackageStartupMessages({library(psych); library(GPArotation); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
factors <- list(strong = 3, weak = 3, four = 4, two = 2)

one <- function(name) {
  d <- read.csv(file.path(args[1], paste0("hierarchical_", name, ".csv"))); m <- factors[[name]]
  R <- cor(d)
  o <- suppressMessages(suppressWarnings(omega(R, nfactors = m, n.obs = nrow(d), plot = FALSE,
                                               two.ok = TRUE)))
  f <- fa(R, m, rotate = "none", fm = "minres"); sl <- o$schmid$sl
  list(n = nrow(d), n_factors = m, omega_h = o$omega_h, omega_total = o$omega.tot,
       omega_limit = o$omega.lim, explained = o$ECV, general = unname(sl[, 1]),
       group_squares = unname(rowSums(sl[, 2:(m + 1)]^2)), uniqueness = unname(sl[, "u2"]),
       phi = sort(abs(o$schmid$phi[lower.tri(o$schmid$phi)])), minres = unname(f$uniquenesses))
}
cases <- lapply(setNames(names(factors), names(factors)), one)
cases$versions <- list(R = R.version.string, psych = as.character(packageVersion("psych")),
                       GPArotation = as.character(packageVersion("GPArotation")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
