"""How often each clip is drawn, so that noise floor, pauses, bandwidth and dynamics say little about the class.

Voices of synthesisers were recorded in studios, and people at home. Within its system a clip is drawn the more often the more its cues are
those of the other class, by the odds of a logistic model on the cues of all clips (inverse propensity weights, Rosenbaum and Rubin 1983),
fitted again to what would be drawn by then. The shares of the systems stay as they are.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

ROUNDS = 4
MOST = 2.0  # of the logarithm of a factor, either way


def balanced(shares, fake):
    """Shares float [n] of clips such that those of either class add up to 1."""
    return shares / np.where(fake, shares[fake].sum(), shares[~fake].sum())


def factors(features, fake, shares):
    """What to multiply `shares` (how often each clip is drawn, float [n]) by → float [n]; features [n, 5], fake bool [n]."""
    logs = np.zeros(len(shares))
    for _ in range(ROUNDS):
        drawn = balanced(shares * np.exp(logs), fake)
        model = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler(), LogisticRegression(C=0.3, max_iter=300))
        odds = model.fit(features, fake, logisticregression__sample_weight=drawn * len(drawn)).decision_function(features)
        logs = np.clip(logs + np.where(fake, -0.5, 0.5) * odds, -MOST, MOST)
    return np.exp(logs)
