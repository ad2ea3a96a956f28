"""A sampler of Optuna's as a contestant: prints a recipe, reads its loss, and so on.

    python3 peer.py SPACE.json {random,tpe,mtpe,gp} SEED
"""
import json
import sys

import optuna


def active(knob, recipe):
    when = knob["when"]
    return when is None or (recipe.get(when["knob"]) in when["values"]) != when["not"]


def suggest(trial, space):
    recipe = {}
    for knob in space:
        if not active(knob, recipe):
            continue
        if knob["choices"]:
            recipe[knob["name"]] = trial.suggest_categorical(knob["name"], knob["choices"])
        else:
            recipe[knob["name"]] = repr(trial.suggest_float(knob["name"], knob["low"], knob["high"], log=knob["log"]))
    return recipe


def main():
    file, kind, seed = sys.argv[1:]
    space = json.load(open(file))
    samplers = optuna.samplers
    sampler = {
        "random": lambda: samplers.RandomSampler(seed=int(seed)),
        "tpe": lambda: samplers.TPESampler(seed=int(seed)),
        "mtpe": lambda: samplers.TPESampler(seed=int(seed), multivariate=True, group=True),
        "gp": lambda: samplers.GPSampler(seed=int(seed)),
    }[kind]()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial({k["name"]: k["value"] if k["choices"] else float(k["value"]) for k in space})
    while True:
        trial = study.ask()
        print(json.dumps(suggest(trial, space)), flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        loss = json.loads(line)
        if loss is None:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, loss)


main()
