"""Shows what is being built: live on a terminal, plain lines elsewhere."""

import threading
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text


class BuildProgress:
    """A `Progress` on standard error. It says nothing at all when nothing has to be built."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._running: dict[str, tuple[float, str]] = {}
        self._live: Live | None = None
        self._announced = False
        self.seconds = 0.0
        """Time spent while at least one step was running."""
        self._busy_since = 0.0

    def begin(self, step: str, reason: str) -> None:
        """Show that a step has started, and why it is needed."""
        with self._lock:
            if not self._announced:
                self._announced = True
                self._console.print("Setting up (once; everything under .fuzz/)")
            if not self._running:
                self._busy_since = time.monotonic()
            self._running[step] = (time.monotonic(), reason)
            if not self._console.is_terminal:
                self._console.print(f"  {step} …{f'  {reason}' if reason else ''}")
            elif self._live is None:
                self._live = Live(get_renderable=self._table, console=self._console, transient=True)
                self._live.start()

    def line(self, step: str, text: str) -> None:
        """Show the last line of a step's program, on a terminal."""
        with self._lock:
            if step in self._running:
                self._running[step] = (self._running[step][0], text.strip())

    def end(self, step: str, seconds: float, *, ok: bool) -> None:
        """Show a step's end and how long it took."""
        with self._lock:
            self._running.pop(step, None)
            if not self._running:
                self.seconds += time.monotonic() - self._busy_since
            if self._live is not None and not self._running:
                self._live.stop()
                self._live = None
            mark = Text("✓", style="green") if ok else Text("✗", style="red")
            self._console.print(Text.assemble(f"  {step:<32} ", mark, f"  {seconds:.0f} s"))

    def close(self) -> None:
        """Stop the live display, whatever happened."""
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for step, (since, text) in list(self._running.items()):
            elapsed = f"{time.monotonic() - since:.0f} s"
            table.add_row(
                f"  {step:<32}", elapsed, Text(text, style="dim", no_wrap=True, overflow="ellipsis")
            )
        return table


class RunProgress:
    """One line under the results that says how far the run is: live on a terminal, nothing elsewhere."""

    def __init__(self, console: Console, *, cases: int) -> None:
        self._console = console
        self._cases = cases
        self._done = 0
        self._note = ""
        self._started = time.monotonic()
        self._live = Live(
            get_renderable=self._line,
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def start(self) -> None:
        """Show the line, if there is a terminal to show it on."""
        if self._console.is_terminal:
            self._live.start()

    def advance(self) -> None:
        """One more case has its result."""
        self._done += 1
        self._note = ""

    def note(self, text: str) -> None:
        """Say what takes longer than usual: in the line, or as a line of its own where there is none."""
        if self._live.is_started:
            self._note = text
        else:
            self._console.print(f" {text}")

    def close(self) -> None:
        """Remove the line."""
        self._live.stop()

    def _line(self) -> Text:
        elapsed = f"{time.monotonic() - self._started:.0f} s"
        text = f" {self._done:,} of {self._cases:,} cases  {elapsed}  {self._note}"
        return Text(text, style="dim", no_wrap=True, overflow="ellipsis")
