"""Average precisions of scikit-learn on the goldens' scores: annotated cells of each class, and of all together.

Debian 12: python3-sklearn. Run in this folder; writes sklearn.json.
"""
import json

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, brier_score_loss

scores, labels = np.load("scores.npy"), np.load("labels.npy")
out = {"sklearn": sklearn.__version__, "ap": []}
for c in range(scores.shape[1]):
    known = labels[:, c] >= 0
    y = labels[known, c]
    both = known.any() and 0 < y.sum() < len(y)
    out["ap"].append(100 * average_precision_score(y, scores[known, c]) if both else None)
known = labels >= 0
out["overall"] = 100 * average_precision_score(labels[known], scores[known])
sigmoid = scores[known].astype(np.float64)
out["brier"] = float(brier_score_loss(labels[known], sigmoid)) if 0 <= sigmoid.min() and sigmoid.max() <= 1 else None
with open("sklearn.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
