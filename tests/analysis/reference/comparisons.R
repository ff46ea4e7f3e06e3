# Tests between partners in base R: Rscript comparisons.R nested.csv comparisons.json
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)
table <- read.csv(args[1])

pairs_of <- function(y, g) { # Games & Howell (1976)
  m <- tapply(y, g, mean); v <- tapply(y, g, var); n <- tapply(y, g, length); k <- nlevels(g)
  c <- combn(k, 2); i <- c[1, ]; j <- c[2, ]; a <- v[i] / n[i]; b <- v[j] / n[j]
  df <- (a + b)^2 / (a^2 / (n[i] - 1) + b^2 / (n[j] - 1)); t <- (m[i] - m[j]) / sqrt(a + b)
  list(first = as.integer(levels(g))[i], second = as.integer(levels(g))[j],
       difference = as.vector(m[i] - m[j]), se = as.vector(sqrt(a + b)), df = as.vector(df),
       p = as.vector(ptukey(abs(t) * sqrt(2), k, df, lower.tail = FALSE)))
}

rest_of <- function(l, y, g) { # no variance below that within all partners
  fit <- lm(y ~ g); s2 <- sigma(fit)^2; df <- df.residual(fit); own <- y[g == l]; other <- g != l
  r2 <- if (nlevels(droplevels(g[other])) > 1) sigma(lm(y[other] ~ droplevels(g[other])))^2 else
    var(y[other])
  d <- mean(own) - mean(y[other])
  se <- sqrt(max(var(own), s2) / length(own) + max(r2, s2) / sum(other))
  list(t = d / se, df = df, ci_low = d - qt(.975, df) * se, ci_high = d + qt(.975, df) * se,
       p = 2 * pt(-abs(d / se), df), hedges_g = d / sqrt(s2) * (1 - 3 / (4 * df - 1)),
       p_equivalent = max(pt((d - .3) / se, df), pt(-(d + .3) / se, df)))
}

one_case <- function(d) {
  g <- factor(d$partner); y <- round(rowMeans(d[, c("i1", "i2", "i3")]), 12)
  w <- oneway.test(y ~ g); k <- kruskal.test(y, g)
  rest <- lapply(levels(g), rest_of, y = y, g = g)
  of <- function(name) sapply(rest, function(each) each[[name]])
  list(welch = list(f = unname(w$statistic), df1 = unname(w$parameter[1]),
                    df2 = unname(w$parameter[2]), p = w$p.value),
       kruskal = list(h = unname(k$statistic), p = k$p.value),
       partner = as.integer(levels(g)), t = of("t"), df = of("df"), ci_low = of("ci_low"),
       ci_high = of("ci_high"), p = of("p"), holm = p.adjust(of("p"), "holm"),
       bh = p.adjust(of("p"), "BH"), hedges_g = of("hedges_g"),
       p_equivalent = of("p_equivalent"), pairs = pairs_of(y, g))
}

names <- c("balanced", "small", "two", "disagreement")
out <- setNames(lapply(names, function(name) one_case(table[table$case == name, ])), names)
out$versions <- list(R = R.version.string)
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), args[2])
