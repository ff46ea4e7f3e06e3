# Common method: Rscript common_method.R FOLDER common_method.json
# lavaan::cfa with an uncorrelated factor whose loadings are all 1, on items from 0 to 1.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
keys <- fromJSON(file.path(args[1], "factors_keys.json"), simplifyMatrix = FALSE)

one <- function(name) {
  d <- read.csv(file.path(args[1], paste0("factors_", name, ".csv"))); scales <- keys[[name]]
  for (key in scales) for (i in key$items) {
    if (i %in% key$reverse) d[[i]] <- key$low + key$high - d[[i]]
    d[[i]] <- (d[[i]] - key$low) / (key$high - key$low)
  }
  d <- d[complete.cases(d), ]; it <- names(d); f <- names(scales)
  traits <- paste(sapply(f, function(s) paste0(s, " =~ ", paste0("NA*", scales[[s]]$items,
    collapse = " + "), "\n", s, " ~~ 1*", s)), collapse = "\n")
  method <- paste0(traits, "\nm =~ ", paste0("1*", it, collapse = " + "), "\n",
                   paste0("m ~~ 0*", f, collapse = "\n"), "\nm ~~ m")
  a <- cfa(traits, d); b <- suppressWarnings(cfa(method, d))
  # One factor for two scales has several minima: start from each scale, and take the lowest.
  single <- sapply(f, function(s) {
    first <- ifelse(it %in% unlist(scales[[s]]$items), .2, .05)
    m <- paste0("g =~ NA*", it[1], " + ", paste0("start(", first, ")*", it, collapse = " + "),
                "\ng ~~ 1*g")
    fitMeasures(cfa(m, d), "chisq")
  })
  phi <- function(x) lavInspect(x, "est")$psi[f, f]
  v <- lavInspect(b, "est")$psi["m", "m"]; S <- diag(cov(d)) * (nrow(d) - 1) / nrow(d)
  list(n = nrow(d), one_factor = min(single),
       scales = unname(fitMeasures(a, "chisq")), with_method = unname(fitMeasures(b, "chisq")),
       df = unname(fitMeasures(b, "df")), share = mean(v / S),
       largest_shift = max(abs(phi(b) - phi(a))))
}
names <- c("three", "skewed", "gaps")
cases <- lapply(setNames(names, names), one)
cases$versions <- list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
