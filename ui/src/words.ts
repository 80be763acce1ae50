/** Words shown by script: keyed by their English, translated by the page in `#gt-words`. */
let catalogue: Record<string, string> | undefined;

/** The reader's word for an English text; `%name%` places are filled from `values`. */
export function t(english: string, values: Record<string, string> = {}): string {
  catalogue ??= JSON.parse(
    document.getElementById("gt-words")?.textContent || "{}",
  ) as Record<string, string>;
  const text = catalogue[english] ?? english;
  return text.replace(/%(\w+)%/g, (all, name: string) => values[name] ?? all);
}
