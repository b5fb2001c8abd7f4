"""`fuzz gate`: may it go out? What a campaign or some runs measured, under a policy; and its signature."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from click.core import ParameterSource

from fuzzer.cli.gating import Gating, gate_exit, gate_status_file, load_policy, show_gate
from fuzzer.cli.options import json_option
from fuzzer.cli.session import Session
from fuzzer.cli.subject import evidence_of, gate_folder, policy_options, subject_options, utc_now
from fuzzer.errors import ExitCode, UsageError
from fuzzer.store.decision import GATE_DECISION_NAME, Choice, RunMode, read_signed
from fuzzer.store.decision import sign as sign_report
from fuzzer.store.seal import seal_again


@click.group(invoke_without_command=True)
@policy_options
@click.option(
    "--status",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Judge this status.json as it stands, in place of a campaign; nothing is written.",
)
@subject_options
@click.option("--baseline", default="", metavar="ID", help="The gate to hold metrics against.")
@json_option
@click.pass_context
def gate(
    ctx: click.Context,
    policy: Path | None,
    status: Path | None,
    campaign: str | None,
    runs: Sequence[str],
    mode: str,
    baseline: str,
    *,
    as_json: bool,
) -> int:
    """Judge a campaign, runs, or a status under a policy; without a name, the newest campaign.

    It fails closed: what is missing, false or cannot be read blocks. Exit code 0: goes out. 1: blocked.
    6: nothing was compared.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options_before(ctx)
        return 0
    if status and (campaign or runs or baseline):
        raise UsageError("--status goes alone", hint="a status says itself what it is about")
    session = Session(as_json=as_json)
    loaded = load_policy(session, policy)
    if status:
        return int(gate_status_file(session, status, loaded, RunMode(mode)))
    store = session.store
    evidence = evidence_of(store, campaign, runs)
    result = Gating(session, store, policy=loaded, mode=RunMode(mode), baseline=baseline).run(evidence)
    show_gate(session, evidence, result)
    return int(gate_exit(result.verdict, evidence.measured.metrics))


def _refuse_options_before(ctx: click.Context) -> None:
    """What stands before the word of a subcommand would be ignored, and another report signed."""
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        raise UsageError(
            f"options go behind `{ctx.invoked_subcommand}`", hint=f"`fuzz gate {ctx.invoked_subcommand} …`"
        )


@gate.command()
@subject_options
@click.option("--as", "name", required=True, metavar="NAME", help="Who signs.")
@click.option("--decision", type=click.Choice([choice.value for choice in Choice]), required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the decision.")
@json_option
def sign(
    campaign: str | None, runs: Sequence[str], name: str, decision: str, reason: str, *, as_json: bool
) -> int:
    """Sign a gate's report; without a name, that of the last gate."""
    session = Session(as_json=as_json)
    store = session.store
    folder = gate_folder(store, campaign, runs)
    with store.lock():
        signed = sign_report(store, folder, name=name, choice=Choice(decision), reason=reason, now=utc_now())
        seal_again(store, folder, [GATE_DECISION_NAME])
    session.show(f"{signed.gate_id}: {signed.decision} by {signed.signed_by}")
    session.show(f"  {session.artifacts}/{folder}/{GATE_DECISION_NAME}")
    session.emit("decision", msgspec.to_builtins(signed))
    return int(ExitCode.AGREE)


@gate.command()
@subject_options
@json_option
def verify(campaign: str | None, runs: Sequence[str], *, as_json: bool) -> int:
    """Say whether a gate's report is signed, unchanged, and lets it out.

    Exit code 0: it does. 1: it is not signed, was changed, or blocks.
    """
    session = Session(as_json=as_json)
    store = session.store
    found = read_signed(store, gate_folder(store, campaign, runs))
    problem = found.refusal
    signed = found.decision
    by = f"{signed.decision} by {signed.signed_by} at {signed.signed_utc}: {signed.reason}" if signed else ""
    session.show(f"{found.result.gate_id}: {problem or by}")
    session.emit(
        "verified",
        {
            "gate_id": found.result.gate_id,
            "goes_out": not problem,
            "problem": problem,
            "decision": msgspec.to_builtins(signed),
        },
    )
    return int(ExitCode.FINDINGS if problem else ExitCode.AGREE)
