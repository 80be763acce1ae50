"""``goodterms scenarios run``: every scenario of files and folders, with what did not come out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from goodterms.scenarios.model import Result, Scenario, ScenarioError
from goodterms.scenarios.service import Runner, files_of, read_file

PASSED, FAILED, UNREADABLE = 0, 1, 2


def run_scenarios(
    out: Console, paths: Sequence[Path], *, verbose: bool = False, words: str | None = None
) -> int:
    """Run scenarios and print each failure with what was expected and given, and its trace.

    Returns 0 if all came out as expected, 1 if one did not, 2 if one cannot be read.
    """
    try:
        files = files_of(paths)
    except ScenarioError as error:
        _say_unreadable(out, error)
        return UNREADABLE
    runner = Runner()
    results: list[Result] = []
    unreadable = 0
    with _progress(out) as progress:
        task = progress.add_task("scenarios", total=len(files))
        for file in files:
            try:
                results += _of_file(runner, file, words)
            except ScenarioError as error:
                _say_unreadable(out, error)
                unreadable += 1
            progress.advance(task)
    for result in results:
        if not result.passed or verbose:
            _say(out, result)
    return _summary(out, results, len(files), unreadable)


def _progress(out: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=out, transient=True, disable=not out.is_terminal,
    )  # fmt: skip


def _of_file(runner: Runner, file: Path, words: str | None) -> list[Result]:
    return [
        result
        for scenario in read_file(file)
        if words is None or _wanted(scenario, words)
        for result in runner.run(scenario)
    ]


def _wanted(scenario: Scenario, words: str) -> bool:
    return words.lower() in f"{scenario.file} {scenario.title}".lower()


def _say_unreadable(out: Console, error: ScenarioError) -> None:
    out.print(f"[red]cannot be read:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)


def _say(out: Console, result: Result) -> None:
    """Print one check: what it was, what was expected and given, and how it came about."""
    scenario, check = result.scenario, result.check
    word = "[green]passed[/green]" if result.passed else "[red]failed[/red]"
    title = f"{scenario.title}: {check.title}" if check.title else scenario.title
    where = f"{scenario.file}, line {check.line}"
    lines = [f"{word} {escape(where)}", f"  {escape(title)}"]
    for missed in result.mismatches:
        lines += [
            f"  {escape(missed.field)}",
            f"    expected: {escape(missed.expected)}",
            f"    given:    {escape(missed.given)}",
        ]
    lines += [f"    {escape(line)}" for line in result.reply.trace]
    out.print("\n".join(lines), highlight=False, soft_wrap=True)


def _summary(out: Console, results: Sequence[Result], files: int, unreadable: int) -> int:
    failed = sum(not result.passed for result in results)
    told = f"{len(results)} questions in {files} files: {len(results) - failed} as expected"
    if failed:
        told += f", {failed} not"
    if unreadable:
        told += f"; {unreadable} files cannot be read"
    if not results and not unreadable:
        out.print("[red]No scenario fits.[/red]", highlight=False)
        return UNREADABLE
    colour = "red" if failed or unreadable else "green"
    out.print(f"[{colour}]{told}.[/{colour}]", highlight=False, soft_wrap=True)
    if unreadable:
        return UNREADABLE
    return FAILED if failed else PASSED
