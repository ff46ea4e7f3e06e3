# Numbers of stability: Rscript stability.R stability.csv stability.json
# psych::ICC (ICC2 is ICC(A,1), ICC3 is ICC(C,1)), cor.test, and formulas for SEM, SDC and RCI.
suppressPackageStartupMessages({library(psych); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])

one <- function(d) {
  x <- as.matrix(d[, colSums(!is.na(d)) > 0]); rownames(x) <- NULL; n <- nrow(x)
  i <- ICC(x, lmer = FALSE)$results
  pick <- function(type) {r <- i[i$type == type, ]; c(r$ICC, r$`lower bound`, r$`upper bound`)}
  out <- list(n = n, agreement = pick("ICC2"), consistency = pick("ICC3"))
  if (ncol(x) == 2) {
    t <- cor.test(x[, 1], x[, 2]); change <- x[, 2] - x[, 1]
    ms <- anova(lm(c(x) ~ factor(rep(1:n, 2)) + factor(rep(1:2, each = n))))$`Mean Sq`
    sem <- sqrt(ms[3] + max(ms[2] - ms[3], 0) / n)
    error <- sd(x[, 1]) * sqrt(2 * (1 - .8))
    out <- c(out, list(r = unname(c(t$estimate, t$conf.int)), mean_change = mean(change),
      sd_change = sd(change), sem = sem, sdc = qnorm(.975) * sqrt(2) * sem,
      rci = list(error = error, threshold = qnorm(.975) * error, index = unname(change / error),
                 risen = sum(change / error > qnorm(.975)),
                 fallen = sum(change / error < -qnorm(.975)))))
  }
  out
}
cases <- lapply(split(table[, -1], table$case), one)
cases$versions <- list(R = R.version.string, psych = as.character(packageVersion("psych")))
writeLines(toJSON(cases, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
