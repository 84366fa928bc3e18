"""Whether the account of a run is sound."""

ENDS = ("ok", "failed", "lost", "cancelled")
# How many workers may die of a task until it is given up.
ATTEMPTS = 3


def faults(receipt, records=None):
    """What is wrong with a receipt and, if given, with its records; an empty list where nothing is."""
    found = []
    tasks = receipt["tasks"]
    if sum(tasks[end] for end in ENDS) != tasks["total"]:
        found.append(f"the counts don't add up: {tasks}")
    phases = receipt["phases"]
    if sum(phases.values()) != receipt["elapsed"]:
        found.append(f"the phases add up to {sum(phases.values())} of {receipt['elapsed']} ns: {phases}")
    if any(value < 0 for value in phases.values()):
        found.append(f"a phase is below 0: {phases}")
    if records is None:
        return found
    numbers = [record["task"] for record in records]
    if numbers != list(range(tasks["total"])):
        missing = sorted(set(range(tasks["total"])) - set(numbers))
        found.append(f"{len(numbers)} records of {tasks['total']} tasks; missing {missing[:5]}")
    for end in ENDS:
        count = sum(record["status"] == end for record in records)
        if count != tasks[end]:
            found.append(f"{count} records {end}, but {tasks[end]} in the receipt")
    for record in records:
        if record["status"] not in ENDS:
            found.append(f"task {record['task']} ended {record['status']!r}")
        elif record["status"] == "lost" and record["attempt"] < ATTEMPTS:
            found.append(f"task {record['task']} was lost at attempt {record['attempt']}: {record}")
        elif not 0 <= record["attempt"] <= ATTEMPTS:
            found.append(f"task {record['task']} had attempt {record['attempt']}")
        elif record["status"] == "ok" and not 0 < record["start"] <= record["stop"] <= receipt["elapsed"]:
            found.append(f"task {record['task']} ran from {record['start']} to {record['stop']} of {receipt['elapsed']}")
    return found
