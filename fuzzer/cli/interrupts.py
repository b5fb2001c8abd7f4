"""Ctrl-C, and a request to end: answered at once, but not in the middle of what must be done whole."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_on_signals() -> None:
    """Let a program that is told to end do what it does on Ctrl-C: stop its children, keep what it has."""
    for number in _heeded():
        signal.signal(number, signal.default_int_handler)


def _heeded() -> list[signal.Signals]:
    """The signals that our caller has not told us to ignore, as `nohup` and a shell's `&` do."""
    return [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


class Interrupts:
    """While it is entered, a signal raises KeyboardInterrupt; inside `held_back`, only at its end."""

    def __init__(self) -> None:
        self.count = 0
        """Signals that have arrived."""
        self._holding = False
        self._patient = True
        self._arrived = False
        self._numbers = _heeded()

    def __enter__(self) -> Self:
        """Take over the signals."""
        for number in self._numbers:
            signal.signal(number, self._arrive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number in self._numbers:
            signal.signal(number, signal.default_int_handler)

    def _arrive(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if not self._holding or (self.count > 1 and not self._patient):
            raise KeyboardInterrupt
        self._arrived = True

    @contextmanager
    def held_back(self, *, patient: bool = True) -> Iterator[None]:
        """Do what is inside as a whole; unless `patient`, a second signal breaks it off."""
        self._holding, self._patient = True, patient
        try:
            yield
        finally:
            self._holding = False
        if self._arrived:
            self._arrived = False
            raise KeyboardInterrupt
