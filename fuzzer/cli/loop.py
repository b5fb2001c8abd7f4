"""`fuzz loop`: from a campaign's findings to regression tests, the gate, and incidents."""

from collections.abc import Sequence
from pathlib import Path

import click

from fuzzer.cli.gating import Gating, gate_exit, load_policy, show_gate
from fuzzer.cli.incident import show_incident, write_incident
from fuzzer.cli.options import json_option
from fuzzer.cli.regress import Suite
from fuzzer.cli.regressions import add_tests, write_failures
from fuzzer.cli.session import Session
from fuzzer.cli.subject import evidence_of, plant_option, policy_options
from fuzzer.report.words import counted
from fuzzer.store.decision import GATE_REPORT_NAME, RunMode
from fuzzer.store.incident import INCIDENT_NAME
from fuzzer.store.regression_tests import REGRESSION_TESTS_NAME


@click.command()
@click.argument("campaign", required=False)
@click.option("--run", "runs", multiple=True, metavar="ID", help="Runs of `fuzz run` in place of a campaign.")
@policy_options
@plant_option
@json_option
def loop(
    campaign: str | None,
    runs: Sequence[str],
    policy: Path | None,
    mode: str,
    plants: Sequence[str],
    *,
    as_json: bool,
) -> int:
    """Close the loop on CAMPAIGN, or on the newest one: failures, regression tests, gate, incidents.

    The path of each artifact is printed. Exit codes are those of `fuzz gate`.
    """
    session = Session(as_json=as_json)
    loaded = load_policy(session, policy)
    store = session.store
    evidence = evidence_of(store, campaign, runs)
    failures = evidence.failures.failures
    _step(session, 1, counted(len(failures), "failure"), write_failures(store, evidence))
    tests, added = add_tests(store, evidence.failures)
    _step(
        session,
        2,
        f"{counted(len(tests.tests), 'regression test')}, {len(added):,} new",
        REGRESSION_TESTS_NAME,
    )
    suite = Suite(session, session.project.artifacts, subject=evidence.measured.subject, plants=plants)
    for said in suite.run(tests.tests) if tests.tests else ():
        session.note(f" {said.test_id}  {said.verdict}  {said.movement}  {said.reason}".rstrip())
    result = Gating(session, store, policy=loaded, mode=RunMode(mode)).run(evidence)
    _step(session, 3, f"gate: {result.verdict}", f"{evidence.folder}/{GATE_REPORT_NAME}")
    show_gate(session, evidence, result)
    for failure in failures:
        replay, _ = write_incident(session, session.project.artifacts / failure.run_id)
        path = f"{failure.run_id}/{INCIDENT_NAME}"
        _step(session, 4, f"incident {replay.incident_id}", path)
        show_incident(session, replay, f"{session.artifacts}/{path}")
    return int(gate_exit(result.verdict, evidence.measured.metrics))


def _step(session: Session, number: int, what: str, path: str) -> None:
    session.show(f"{number}/4  {what}  {session.artifacts}/{path}")
    session.emit("artifact", {"step": number, "what": what, "path": f"artifacts/{path}"})
