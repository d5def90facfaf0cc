#!/usr/bin/env python3
"""Trial by trial what KerasTuner's Hyperband oracle asks for, with a stub in the place of training: tune_golden.txt, that
tests/unit/test_tune_golden.c compares with. Needs pip keras-tuner (1.4.8 was used) and a Keras it can import.

    python3 tests/golden/make_tune_golden.py >tests/golden/tune_golden.txt

A line `search R FACTOR ITERATIONS max|min`, then one a trial: number, bracket, round, first and last epoch, parent (0: none).
"""
import contextlib
import functools
import sys
import tempfile

import keras_tuner

put = functools.partial(print, file=sys.stdout)

SEARCHES = [(100, 3, 1, "max"), (81, 3, 1, "min"), (27, 3, 2, "max"), (10, 3, 3, "min"), (100, 10, 1, "max")]


def score(origin, epochs):
    """With many ties."""
    return (origin * 7919 + epochs * 104729 + origin * origin * 31) % 37 / 37


def search(max_epochs, factor, iterations, direction):
    space = keras_tuner.HyperParameters()
    space.Float("x", 0, 1)
    oracle = keras_tuner.oracles.HyperbandOracle(
        objective=keras_tuner.Objective("score", direction), max_epochs=max_epochs, factor=factor,
        hyperband_iterations=iterations, seed=1, hyperparameters=space)
    oracle._set_project_dir(tempfile.mkdtemp(), "stub")
    put(f"search {max_epochs} {factor} {iterations} {direction}")
    number, origin = {}, {}
    while True:
        trial = oracle.create_trial("tuner0")
        if trial.status == "STOPPED":
            return
        values = trial.hyperparameters.values
        parent = values.get("tuner/trial_id")
        number[trial.trial_id] = len(number) + 1
        origin[trial.trial_id] = origin[parent] if parent else number[trial.trial_id]
        put(number[trial.trial_id], values["tuner/bracket"], values["tuner/round"], values["tuner/initial_epoch"],
            values["tuner/epochs"], number.get(parent, 0))
        oracle.update_trial(trial.trial_id, {"score": score(origin[trial.trial_id], values["tuner/epochs"])})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)


with contextlib.redirect_stdout(sys.stderr):  # the oracle tells what it does
    for arguments in SEARCHES:
        search(*arguments)
