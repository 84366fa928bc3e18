"""."""
SUMMARY = "todo"
def run(stage, report): pass
