"""What a gate, its tests and its documents are about: `--campaign ID`, or `--run ID` as often as needed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from fuzzer.campaign.evidence import (
    GATES,
    Evidence,
    campaign_evidence,
    newest_campaign,
    run_log,
    runs_evidence,
)
from fuzzer.cli.options import Command
from fuzzer.errors import UsageError, closest
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.campaign import CAMPAIGNS
from fuzzer.store.campaigns import campaign_ids
from fuzzer.store.decision import RunMode
from fuzzer.store.quality_ledger import read_ledger
from fuzzer.store.utc import utc_text

_CAMPAIGN = click.option("--campaign", metavar="ID", help="A campaign; without any, the newest one.")
_RUN = click.option(
    "--run", "runs", multiple=True, metavar="ID", help="A run of `fuzz run` instead. Can be repeated."
)
_POLICY = click.option(
    "--policy",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="What the gate asks for; without it, inputs/gate_policy.toml.",
)
_MODE = click.option(
    "--mode",
    type=click.Choice([mode.value for mode in RunMode]),
    envvar="FUZZ_RUN_MODE",
    default=RunMode.CORE.value,
    show_default=True,
    help="How much the gate asks for; FUZZ_RUN_MODE says it too.",
)
_PLANT = click.option(
    "--plant", "plants", multiple=True, metavar="TARGET:FAULT", help="Make a target misbehave on purpose."
)


def subject_options(command: Command) -> Command:
    """`--campaign` and `--run`."""
    return _CAMPAIGN(_RUN(command))


def policy_options(command: Command) -> Command:
    """`--policy` and `--mode`."""
    return _POLICY(_MODE(command))


def plant_option(command: Command) -> Command:
    """`--plant`, for the runs that a command makes itself."""
    return _PLANT(command)


def utc_now() -> str:
    """As documents hold it."""
    return utc_text(datetime.now(UTC))


def evidence_of(store: ArtifactStore, campaign: str | None, runs: Sequence[str]) -> Evidence:
    """What was asked for, or the newest campaign.

    Raises:
        UsageError: both were named, or there is none of the name.
        InputError: nothing was named, and there is no campaign.
    """
    _check_subject(campaign, runs)
    if runs:
        return runs_evidence(store, runs, now=utc_now())
    return campaign_evidence(store, campaign or newest_campaign(store), now=utc_now())


def _check_subject(campaign: str | None, runs: Sequence[str]) -> None:
    if campaign is not None and runs:
        raise UsageError("--campaign and --run do not go together", hint="name one of them")
    if "" in (campaign, *runs):  # a variable that was not set must not stand for the newest one
        raise UsageError("the name that was given is empty", hint="give it, or leave the option out")


def subject_of(store: ArtifactStore, campaign: str | None, runs: Sequence[str]) -> str:
    """The id of what was asked for, or of the newest campaign; empty where there is none.

    Raises:
        UsageError: both were named, or there is none of the name.
    """
    _check_subject(campaign, runs)
    for run_id in runs:
        run_log(store, run_id)
    ids = campaign_ids(store)
    if campaign and campaign not in ids:
        raise UsageError(f"no campaign `{campaign}`", hint=closest(campaign, ids))
    return next(iter(runs), None) or campaign or next(iter(ids), "")


def gate_folder(store: ArtifactStore, campaign: str | None, runs: Sequence[str]) -> str:
    """Where a gate that has been run keeps its documents; without a name, the last one that was run.

    Raises:
        UsageError: both were named, or no gate was ever run.
    """
    _check_subject(campaign, runs)
    if campaign:
        return f"{CAMPAIGNS}/{campaign}"
    if runs:
        return f"{GATES}/{runs[0]}"
    entries, _ = read_ledger(store)
    if not entries:
        raise UsageError("no gate was run yet", hint="`fuzz gate` runs one")
    last = entries[-1].gate_id
    return f"{CAMPAIGNS}/{last}" if store.exists(f"{CAMPAIGNS}/{last}") else f"{GATES}/{last}"
