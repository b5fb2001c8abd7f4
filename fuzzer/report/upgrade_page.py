"""The page that shows two versions side by side."""

from fuzzer.store.upgrade import Evaluation


def render_upgrade(evaluation: Evaluation) -> str:
    """The page of an evaluation."""
    return f"<!doctype html><title>{evaluation.run_id}</title>"
