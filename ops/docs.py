"""Write what the documentation takes from the code: life cycles, settings, commands, the law.

``python -m ops.docs`` writes it; a test compares it. Everything between ``<!-- from the code -->``
and ``<!-- end -->`` in a page is ours; the rest of a page is written by hand.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from goodterms.accounts.model import EVENT_KINDS
from goodterms.accounts.model.circumstances import CIRCUMSTANCES, CircumstanceKind
from goodterms.app.cli import app
from goodterms.app.settings import SETTINGS
from goodterms.arrangements.model import ARRANGEMENT, PROMISE
from goodterms.calls.model import ATTEMPT, CALL
from goodterms.campaigns.model import CAMPAIGN
from goodterms.compliance.decide.predicates import PREDICATES
from goodterms.compliance.model import Moment, Obligation, ReasonCode
from goodterms.compliance.service import load_rulebook
from goodterms.kit.lifecycle import Lifecycle
from goodterms.payments.model import PAYMENT, REFUND
from goodterms.routing.model import AGENT
from goodterms.scenarios.decide.outcomes import OUTCOMES
from goodterms.scenarios.decide.sums import SUMS

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"(<!-- from the code -->\n).*?(<!-- end -->)", re.DOTALL)
LIFECYCLES: tuple[tuple[Lifecycle[Any, Any], str], ...] = (
    (CALL, "The live call, as the engine sees it: `calls.model.CALL`, `calls.decide.transition`."),
    (ATTEMPT, "The record of one try: `calls.model.ATTEMPT`, `calls.service.CallService`."),
    (AGENT, "An agent's day: `routing.model.AGENT`, `routing.service.RoutingService`."),
    (PAYMENT, "A payment attempt: `payments.model.PAYMENT`, `payments.decide.settle`."),
    (REFUND, "Money given back: `payments.model.REFUND`."),
    (PROMISE, "A promise to pay: `arrangements.model.PROMISE`."),
    (ARRANGEMENT, "A plan or settlement: `arrangements.model.ARRANGEMENT`."),
    (CAMPAIGN, "A campaign: `campaigns.model.CAMPAIGN`."),
)


def lifecycles() -> str:
    """Draw every transition table."""
    parts = [
        f"## {cycle.name.capitalize()}\n\n{words}\n\n```mermaid\n{cycle.diagram()}\n```\n"
        for cycle, words in LIFECYCLES
    ]
    return "\n".join(parts)


def settings() -> str:
    """List every setting."""
    rows = [f"| `{s.name}` | {s.meaning} | {_default(s.default)} |" for s in SETTINGS]
    return "\n".join(["| setting | meaning | without it |", "|---|---|---|", *rows, ""])


def _default(text: str) -> str:
    if not text:
        return ""
    return text.strip("()") if text.startswith("(") else f"`{text}`"


def commands() -> str:
    """Describe every command with its arguments and options."""
    group: Any = typer.main.get_group(app)
    return "\n".join(_command(name, command) for name, command in _leaves("", group))


def _leaves(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:
    """Give each command with its whole name; a group comes before its commands."""
    for name, command in sorted(group.commands.items()):
        yield f"{prefix}{name}", command
        if hasattr(command, "commands"):
            yield from _leaves(f"{prefix}{name} ", command)


def _command(name: str, command: Any) -> str:
    if hasattr(command, "commands"):
        return f"### {name}\n\n{str(command.help).strip()}\n"
    usage = " ".join(["goodterms", name, *(_usage(p) for p in command.params)])
    lines = [f"### {name}", "", f"`{usage}`", "", str(command.help).strip(), ""]
    if command.params:
        rows = [f"| `{_word(p)}` | {p.help} |" for p in command.params]
        lines += ["| | |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _word(parameter: Any) -> str:
    return str(parameter.opts[0]) if _is_option(parameter) else str(parameter.name).upper()


def _usage(parameter: Any) -> str:
    word = _word(parameter)
    if _is_option(parameter):
        word = f"{word} …"
    return word if parameter.required else f"[{word}]"


def events() -> str:
    """List every kind of event."""
    rows = [f"| `{kind}` | {meaning} |" for kind, meaning in EVENT_KINDS.items()]
    return "\n".join(["| kind | what happened |", "|---|---|", *rows, ""])


def rules() -> str:
    """List every row of the shipped rulebook, by place."""
    rows = sorted(load_rulebook().rules, key=lambda r: (r.jurisdiction, r.id, r.version))
    lines = [
        f"| {r.id} v{r.version} | {r.jurisdiction} | {r.title} | {r.citation} | {r.evidence}"
        f"{'' if r.enabled else ', not enabled'} |"
        for r in rows
    ]
    return "\n".join(
        ["| rule | where | what | citation | evidence |", "|---|---|---|---|---|", *lines, ""]
    )


def predicates() -> str:
    """Describe every predicate in the words of its docstring, with its parameters."""
    parts = []
    for name, predicate in sorted(PREDICATES.items()):
        moments = ", ".join(m.value for m in Moment if m in predicate.moments)
        words = inspect.cleandoc(predicate.make.__doc__ or "")
        given = [f"`{p}`" + (" (optional)" if p in predicate.optional else "")
                 for p in predicate.params]  # fmt: skip
        takes = ", ".join(given) or "none"
        parts.append(f"### {name}\n\n{words}\n\nParameters: {takes}. Asked at: {moments}.\n")
    return "\n".join(parts)


def reason_codes() -> str:
    """List every reason code with its meaning and the rules that give it."""
    givers: dict[str, list[str]] = {}
    for rule in load_rulebook().rules:
        if rule.id not in givers.setdefault(rule.reason_code, []):
            givers[rule.reason_code].append(rule.id)
    rows = [
        f"| `{code}` | {code.meaning} | {', '.join(givers.get(code, ['the gate']))} |"
        for code in ReasonCode
    ]
    duties = [f"| `{duty}` | {duty.meaning} |" for duty in Obligation]
    return "\n".join(
        ["| code | meaning | given by |", "|---|---|---|", *rows, "", "## Obligations", "",
         "What goes with a contact that is allowed.", "",
         "| obligation | what must be done |", "|---|---|", *duties, ""]
    )  # fmt: skip


def scenario_words() -> str:
    """List what a scenario can say: outcomes, circumstances, and what it can ask for."""
    outcomes = [
        f"| `{word.replace('_', ' ')}` | `{reach.name.lower()}` | {name or 'none'} |"
        for word, (reach, name) in OUTCOMES.items()
    ]
    facts = [
        f"| `{kind}` | {one.meaning} | {', '.join(sorted(one.about))} | {_data(one)} |"
        for kind, one in CIRCUMSTANCES.items()
    ]
    sums = [
        f"| `{name}` | {' '.join(inspect.cleandoc(one.read.__doc__ or '').split())}"
        f" | {', '.join(f'`{value}`' for value in one.values)} |"
        for name, one in SUMS.items()
    ]
    parts = (
        ("Outcomes", "| word | reach | outcome in the log |", outcomes),
        ("Kinds of circumstance", "| event | what it says | about | fields |", facts),
        ("Dates and numbers", "| question | what is asked | values, the main first |", sums),
    )
    lines: list[str] = []
    for title, head, rows in parts:
        lines += [f"### {title}", "", head, "|---" * (head.count("|") - 1) + "|", *rows, ""]
    return "\n".join(lines)


def _data(kind: CircumstanceKind) -> str:
    fields: Mapping[str, str] = kind.fields
    words = [
        f"`{name}` ({sort.replace('|', ', ')}{'' if name in kind.needed else '; may be left out'})"
        for name, sort in fields.items()
    ]
    return "; ".join(words) or "none"


def circumstances() -> str:
    """List every kind of recorded fact with its fields and the rule that ends it."""
    rows = [
        f"| `{kind}` | {known.meaning} | {', '.join(sorted(known.about))} | {_data(known)} |"
        f" {known.release_rule} |"
        for kind, known in CIRCUMSTANCES.items()
    ]
    head = ["| kind | meaning | about | fields | ends when |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


PAGES: dict[str, Callable[[], str]] = {
    "reference/circumstances.md": circumstances,
    "reference/lifecycles.md": lifecycles,
    "reference/settings.md": settings,
    "reference/commands.md": commands,
    "reference/events.md": events,
    "reference/rules.md": rules,
    "reference/predicates.md": predicates,
    "reference/reason-codes.md": reason_codes,
    "reference/scenarios.md": scenario_words,
}


def renewed(page: str, text: str) -> str:
    """Return a page's text with the part from the code written anew."""
    made = PAGES[page]()
    return BLOCK.sub(lambda found: found[1] + made + found[2], text)


def main() -> None:
    """Write all pages."""
    for page in PAGES:
        path = DOCS / page
        path.write_text(renewed(page, path.read_text(encoding="utf-8")), encoding="utf-8")
        print(path.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
