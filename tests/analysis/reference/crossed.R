# Numbers for raters crossed with partners: Rscript crossed.R crossed.csv crossed.json
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])

one_case <- function(d) {
  d$rater <- factor(d$rater); d$partner <- factor(d$partner)
  # The default optimiser stops early where the likelihood is flat; this one goes on.
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.02, rhoend = 1e-9),
                         check.conv.singular = "ignore")
  m <- lmer(value ~ 1 + (1 | rater) + (1 | partner), data = d, control = control)
  v <- as.data.frame(VarCorr(m)); v <- setNames(v$vcov, v$grp)
  r <- ranef(m, condVar = TRUE)
  of <- function(f) list(name = as.integer(rownames(r[[f]])), effect = r[[f]][, 1],
                         se = sqrt(as.vector(attr(r[[f]], "postVar"))))
  list(mu = unname(fixef(m)), mu_se = sqrt(as.matrix(vcov(m))[1, 1]),
       partner_variance = v[["partner"]], rater_variance = v[["rater"]],
       residual_variance = v[["Residual"]], log_likelihood = as.numeric(logLik(m)),
       partner = of("partner"), rater = of("rater"))
}

cases <- unique(table$case)
out <- setNames(lapply(cases, function(name) one_case(table[table$case == name, ])), cases)
out$versions <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
