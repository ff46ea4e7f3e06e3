# Shares of explained variance: Rscript drivers.R drivers.csv drivers.json
# Every order of the drivers, one regression by lm after the other: slow and plain.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(args[1]); d <- d[complete.cases(d), ]
names <- setdiff(colnames(d), "y")

r2 <- function(set) if (length(set)) summary(lm(reformulate(set, "y"), d))$r.squared else 0
orders <- function(x) if (length(x) < 2) list(x) else
  do.call(c, lapply(seq_along(x), function(i) lapply(orders(x[-i]), function(o) c(x[i], o))))
known <- new.env()
cached <- function(set) {
  key <- paste(c("set", sort(set)), collapse = " ")
  if (is.null(known[[key]])) known[[key]] <- r2(set)
  known[[key]]
}
gains <- sapply(orders(names), function(o) {
  steps <- diff(sapply(0:length(o), function(i) cached(o[seq_len(i)])))
  steps[match(names, o)]
})
z <- as.data.frame(scale(d)); full <- lm(reformulate(names, "y"), d)
means <- sapply(d[names], function(v) c(mean(v), t.test(v)$conf.int))
out <- list(driver = names, n = nrow(d), share = rowMeans(gains), r2 = summary(full)$r.squared,
            r2_adjusted = summary(full)$adj.r.squared, r = unname(cor(d)[names, "y"]),
            beta = unname(coef(lm(reformulate(names, "y"), z))[-1]),
            mean = unname(means[1, ]), mean_low = unname(means[2, ]), mean_high = unname(means[3, ]),
            versions = list(R = R.version.string))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1), args[2])
