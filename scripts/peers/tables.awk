# Turns the results of compare.sh into Markdown tables. Fields: peer, cell, form, img/s, median,
# resident bytes, GFLOP/s, share of the peak. A cell is "mode model size batch threads".
{
  key = $1 SUBSEP $2
  if (!($2 in known)) { known[$2] = 1; order[++cells] = $2 }
  if (!(key in best) || $4 + 0 > best[key]) { best[key] = $4 + 0; form[key] = $3; gflops[key] = $7; share[key] = $8 }
  # Forms of one process share its peak: the run with a single form has the smallest.
  if ($6 != "" && $6 != "null" && (!(key in rss) || $6 + 0 < rss[key])) rss[key] = $6 + 0
}

function value(peer, cell) { return (peer, cell) in best ? sprintf("%.4g", best[peer, cell]) : "-" }
function megabytes(peer, cell) { return (peer, cell) in rss ? sprintf("%.0f", rss[peer, cell] / 1e6) : "-" }
function best_form(cell) { return ("torch", cell) in best ? form["torch", cell] : "-" }
function percent(cell, s) {
  s = share["csl", cell]
  return s == "" || s == "null" ? "-" : sprintf("%.0f %%", 100 * s)
}

# ratio of csl to a peer; it enters the peer's means.
function ratio(peer, cell, group, r) {
  if (!(("csl", cell) in best) || !((peer, cell) in best)) return "-"
  r = best["csl", cell] / best[peer, cell]
  logs[group, peer] += log(r); n[group, peer]++
  if (n[group, peer] == 1 || r < least[group, peer]) least[group, peer] = r
  return sprintf("%.2f", r)
}

function summary(group, peer, name) {
  if (n[group, peer]) printf "csl / %s: geometric mean %.2f, least %.2f (%d cells).\n",
    name, exp(logs[group, peer] / n[group, peer]), least[group, peer], n[group, peer]
}

END {
  for (i = 1; i <= cells; i++) {
    c = order[i]
    split(c, p, " ")
    if (p[1] == "infer" && !inferring++) {
      print "\n### Inference, img/s\n"
      print "| model | px | batch | threads | csl | ONNX Runtime | csl / ORT | PyTorch | its best form | csl / PyTorch | csl GFLOP/s | of FMA peak | csl RSS MB | ORT RSS MB | PyTorch RSS MB |"
      print "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    }
    if (p[1] == "infer")
      printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %.0f | %s | %s | %s | %s |\n", p[2], p[3], p[4], p[5],
        value("csl", c), value("ort", c), ratio("ort", c, "infer"), value("torch", c), best_form(c), ratio("torch", c, "infer"),
        gflops["csl", c], percent(c), megabytes("csl", c), megabytes("ort", c), megabytes("torch", c)
  }
  if (inferring) print ""
  summary("infer", "ort", "ONNX Runtime")
  summary("infer", "torch", "PyTorch")
  for (i = 1; i <= cells; i++) {
    c = order[i]
    split(c, p, " ")
    if (p[1] != "train") continue
    if (!training++) {
      print "\n### Training step with average of the weights, img/s\n"
      print "| model | px | batch | threads | csl | PyTorch | its best form | csl / PyTorch | csl GFLOP/s | of FMA peak | csl RSS MB | PyTorch RSS MB | csl / PyTorch |"
      print "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    }
    part = (("csl", c) in rss) && (("torch", c) in rss) ? sprintf("%.2f", rss["csl", c] / rss["torch", c]) : "-"
    printf "| %s | %s | %s | %s | %s | %s | %s | %s | %.0f | %s | %s | %s | %s |\n", p[2], p[3], p[4], p[5],
      value("csl", c), value("torch", c), best_form(c), ratio("torch", c, "train"), gflops["csl", c], percent(c),
      megabytes("csl", c), megabytes("torch", c), part
  }
  if (training) print ""
  summary("train", "torch", "PyTorch")
}
