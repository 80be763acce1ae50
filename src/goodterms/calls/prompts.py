"""What the prompts that ship say, by the name under which the engine plays them."""

from __future__ import annotations

from functools import lru_cache

import yaml

from goodterms.kit.places import shipped


@lru_cache(maxsize=1)
def prompt_texts() -> dict[str, str]:
    """Return the words of each spoken prompt; braces stand for the organisation's own words."""
    read = yaml.safe_load((shipped("asterisk") / "prompts.yaml").read_text(encoding="utf-8"))
    return {name: prompt["say"] for name, prompt in read["prompts"].items() if "say" in prompt}
