"""Reports of `earwitness evaluate --json` as tables in Markdown: what channels do to the scores, where inserted fakes are found, and what an
hour of human speech brings."""


def share(rate):
    return "–" if rate["rate"] is None else f"{100 * rate['rate']:.1f} %"


def moved(movement):
    return "–" if movement["median"] is None else f"{movement['median']:.2f} · {movement['p95']:.2f} · {movement['drift']:+.2f}"


def near(errors):
    """How many lie within a second."""
    return sum(abs(error) <= 1 for error in errors)


def channel_table(report):
    """Markdown of what channels do, and the bound that holds for every channel and both labels."""
    plain, channels = report["atThreshold"], report["channels"]
    count = {label: max(channel["movement"][label]["recordings"] for channel in channels) for label in ("real", "fake")}
    lines = [f"{count['real']} human and {count['fake']} fake recordings. Change of a recording's logit: median · 95 % without sign · median with it "
             "(above 0: towards fake).", "",
             f"| channel | humans flagged at {report['decision']['threshold']} | fakes missed | AUC | human logits | fake logits |", "| --- | --- | --- | --- | --- | --- |",
             f"| as it is | {share(plain['falseAlarms'])} | {share(plain['misses'])} | {report['separation']['auc']:.3f} | | |"]
    lines += [f"| {c['channel']} | {share(c['falseAlarms'])} | {share(c['misses'])} | {c['auc']:.3f} | {moved(c['movement']['real'])} | {moved(c['movement']['fake'])} |"
              for c in channels]
    every = [(c["movement"][label], c["channel"]) for c in channels for label in ("real", "fake") if c["movement"][label]["median"] is not None]
    (most, where), (most95, where95) = (max(every, key=lambda one: one[0][figure]) for figure in ("median", "p95"))
    return lines + ["", f"No channel moves the logits of either label by more than {most['median']:.2f} in the median ({where}), nor by more than "
                        f"{most95['p95']:.2f} in 95 of 100 recordings ({where95})."]


def insert_table(report):
    """Markdown of how often an alert, or the strongest evidence, begins within a second of an inserted fake."""
    figures, human = report["alerts"]["onsets"], report["alerts"]["human"]
    lines = ["| system | recordings | alert raised | alert within 1 s | strongest evidence within 1 s |", "| --- | --- | --- | --- | --- |"]
    rows = [row for row in report["recordings"] if "onset" in row and "alerts" in row]
    for system in sorted({row["system"] for row in rows}):
        of = [row for row in rows if row["system"] == system]
        alerts, evidence = ([row[error] for row in of if error in row] for error in ("alertError", "evidenceError"))
        lines.append(f"| {system} | {len(of)} | {len(alerts)} | {near(alerts)} | {near(evidence)} |")
    evidence = figures.get("evidence")
    total = f"{evidence['withinOneSecond']['count']}" if evidence else "–"
    lines.append(f"| **all** | {figures['found']['of']} | {figures['found']['count']} | {figures['withinOneSecond']['count']} | {total} |")
    either = figures["eitherWithinOneSecond"]
    missed = either["of"] - either["count"]
    lines += ["", f"An alert or the strongest evidence lies within a second of the onset in {share(either)} of the recordings, and in "
                  f"{missed} of {either['of']} neither does. Where three seconds of another human were inserted instead: "
                  f"alerts: {human['alerts']}, in {60 * human['hours']:.0f} minutes. Alerts beside the fakes: {figures['otherAlerts']}."]
    if evidence:
        lines[-1] += f" The evidence is off by {evidence['absoluteError']['p50']} s in the median."
    return lines


def long_line(report):
    """A sentence of the alerts in one long human recording."""
    (row,), decision = report["recordings"], report["decision"]
    alerts = len(row["alerts"])
    return (f"{row['duration'] / 60:.0f} minutes of {row['system']}, joined, as one stream: {alerts or 'no'} alert{'' if alerts == 1 else 's'}; highest smoothed "
            f"probability {row['peakFakeProbability']:.2f} (an alert is raised at {decision['raise']}), mean {row['meanFakeProbability']:.2f}.")
