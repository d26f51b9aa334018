"""Figures of merit, all with fake as the positive class: AUC, EER, bootstrap bounds."""

import numpy as np
from scipy.stats import rankdata


def auc(fake, real):
    """Probability that a fake's score is above a real's (ties count half); Mann–Whitney."""
    fake, real = np.asarray(fake), np.asarray(real)
    ranks = rankdata(np.concatenate([fake, real]))
    return (ranks[:len(fake)].sum() - len(fake) * (len(fake) + 1) / 2) / (len(fake) * len(real))


def eer(fake, real):
    """Where the miss and the false-alarm rate meet, as a share."""
    fake, real = np.sort(fake), np.sort(real)
    at = np.unique(np.concatenate([fake, real]))
    miss = np.searchsorted(fake, at) / len(fake)
    alarm = 1.0 - np.searchsorted(real, at) / len(real)
    best = np.argmin(np.abs(miss - alarm))
    return float((miss[best] + alarm[best]) / 2)


def bounds(measure, fake, real, draws=200, seed=3):
    """(value, low, high): the measure and its 95 % bootstrap interval, both classes redrawn."""
    draw = np.random.default_rng(seed)
    fake, real = np.asarray(fake), np.asarray(real)
    many = [measure(draw.choice(fake, len(fake)), draw.choice(real, len(real))) for _ in range(draws)]
    return float(measure(fake, real)), float(np.percentile(many, 2.5)), float(np.percentile(many, 97.5))
