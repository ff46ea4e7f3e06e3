# Omega at two levels: Rscript two_level.R two_level.csv two_level.json
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(args[1]); items <- grep("^i", names(d), value = TRUE)
f <- paste(items, collapse = " + ")
m <- cfa(paste0("level: 1\nfw =~ ", f, "\nlevel: 2\nfb =~ ", f), data = d, cluster = "partner",
         std.lv = TRUE)
e <- lavInspect(m, "est")
of <- function(x) {l <- x$lambda[, 1]; t <- diag(x$theta)
  list(loadings = unname(l), residuals = unname(t), omega = sum(l)^2 / (sum(l)^2 + sum(t)))}
out <- list(within = of(e$within), between = of(e[[2]]), log_likelihood = as.numeric(logLik(m)),
            versions = list(R = R.version.string, lavaan = as.character(packageVersion("lavaan"))))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
