"""Figures of scored recordings by scikit-learn, SciPy and statsmodels, for the tests of `earwitness evaluate`.

    python make_metrics.py      writes metrics.json; needs scikit-learn, scipy and statsmodels
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score, roc_auc_score, roc_curve
from statsmodels.stats.rates import confint_poisson

THRESHOLD = 0.5


def scores(draw, real, fake, apart, decimals):
    """Logistic of two normals; rounded, so that there are ties, and moved off the edges of the calibration bins."""
    logits = np.concatenate([draw.normal(-apart, 1.5, real), draw.normal(apart, 1.5, fake)])
    return np.round(np.clip(1 / (1 + np.exp(-logits)), 0.01, 0.94), decimals) + 0.003


def rate(count, of):
    interval = binomtest(int(count), int(of)).proportion_ci(method="wilson")
    return {"count": int(count), "of": int(of), "rate": count / of, "bounds": [interval.low, interval.high]}


def figures(label, score):
    called = score >= THRESHOLD
    false_alarms, hits, _ = roc_curve(label, score, drop_intermediate=False)
    weights = np.where(label == 1, 0.5 / label.sum(), 0.5 / (1 - label).sum())
    # Each class repeated until both are as many: calibration_curve takes no weights.
    alike_label, alike_score = (np.concatenate([np.repeat(x[label == 0], label.sum()), np.repeat(x[label == 1], (1 - label).sum())]) for x in (label, score))
    so, claimed = calibration_curve(alike_label, alike_score, n_bins=10)
    counts = np.histogram(alike_score, bins=np.linspace(0, 1, 11))[0]
    return {
        "accuracy": accuracy_score(label, called),
        "precision": precision_score(label, called),
        "recall": recall_score(label, called),
        "f1": f1_score(label, called),
        "falseAlarms": rate((called & (label == 0)).sum(), (label == 0).sum()),
        "misses": rate((~called & (label == 1)).sum(), (label == 1).sum()),
        "auc": roc_auc_score(label, score),
        "eer": brentq(lambda x: 1 - x - interp1d(false_alarms, hits)(x), 0, 1, xtol=1e-14),
        "logLoss": log_loss(label, score, sample_weight=weights),
        "expectedCalibrationError": float(np.sum(np.abs(so - claimed) * counts[counts > 0]) / len(alike_label)),
    }


def case(name, seed, real, fake, apart, decimals):
    score = scores(np.random.default_rng(seed), real, fake, apart, decimals)
    label = np.concatenate([np.zeros(real, int), np.ones(fake, int)])
    listed = [{"label": "fake" if l else "real", "fakeProbability": round(float(s), 9)} for l, s in zip(label, score)]
    return {"name": name, "judged": listed, "threshold": THRESHOLD, "figures": figures(label, np.round(score, 9))}


if __name__ == "__main__":
    document = {
        "made by": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "cases": [
            case("as many of each, few ties", 1, 60, 60, 1.0, 6),
            case("many ties", 2, 80, 50, 0.8, 1),
            case("few humans, many fakes", 3, 12, 90, 1.5, 4),
            case("scores that say nothing", 4, 40, 40, 0.0, 2),
            case("scores the wrong way round", 5, 30, 40, -1.0, 3),
            case("no error at all", 6, 30, 20, 9.0, 4),
        ],
        "frequencies": [
            {"count": count, "time": time, "bounds": [float(bound) for bound in confint_poisson(count, time, method="score")]}
            for count, time in [(0, 2.5), (1, 1.0), (7, 0.5), (120, 40.0)]
        ],
    }
    Path(__file__).with_name("metrics.json").write_text(json.dumps(document, indent=1) + "\n")
