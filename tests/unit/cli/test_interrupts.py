"""Signals end a run, but not in the middle of what must be done whole."""

import os
import signal
from collections.abc import Iterator

import pytest

from fuzzer.cli.interrupts import Interrupts, end_on_signals

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put back what the test runner had."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_interrupts_at_once(number: signal.Signals) -> None:
    end_on_signals()
    with pytest.raises(KeyboardInterrupt), Interrupts():
        os.kill(os.getpid(), number)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def do_whole(
    interrupts: Interrupts, number: signal.Signals, done: list[str], *, patient: bool = True
) -> None:
    with interrupts.held_back(patient=patient):
        done.append("begun")
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        done.append("whole")


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_waits_for_the_end_of_what_must_be_whole(number: signal.Signals) -> None:
    end_on_signals()
    done: list[str] = []
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            do_whole(interrupts, number, done)
        with interrupts.held_back():
            done.append("once")
    assert done == ["begun", "whole", "once"]


def test_second_signal_breaks_off_what_is_not_so_important() -> None:
    end_on_signals()
    done: list[str] = []
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        do_whole(interrupts, signal.SIGINT, done, patient=False)
    assert (done, interrupts.count) == (["begun"], 2)


def fail(interrupts: Interrupts) -> None:
    with interrupts.held_back():
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError("mine")


def test_error_inside_is_not_hidden_by_a_signal() -> None:
    end_on_signals()
    with Interrupts() as interrupts, pytest.raises(ValueError, match="mine"):
        fail(interrupts)


def test_signals_that_the_caller_ignores_stay_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    end_on_signals()
    with Interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGHUP)
        with interrupts.held_back():
            os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
