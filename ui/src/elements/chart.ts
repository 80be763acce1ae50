import { LitElement } from "lit";
import { property } from "lit/decorators.js";
import type { AlignedData, Options } from "uplot";

const darkness = window.matchMedia("(prefers-color-scheme: dark)");

/** What a page hands to a chart: seconds since 1970, then one series of numbers per line. */
interface ChartData {
  times: number[];
  lines: { label: string; tone?: string; values: (number | null)[] }[];
}

/**
 * `<gt-chart src="/reports/answer-rate.json">` or with the data as JSON inside; lines over time.
 * The library loads only where a chart is shown. The page gives the same numbers as a table.
 */
export class GtChart extends LitElement {
  @property() src = "";
  private plot: { destroy(): void; setSize(size: { width: number; height: number }): void } | undefined;
  private watcher: ResizeObserver | undefined;
  private given = "";

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.given ||= this.querySelector('script[type="application/json"]')?.textContent ?? "";
    void this.draw();
    document.addEventListener("gt:theme", this.again);
    darkness.addEventListener("change", this.again);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("gt:theme", this.again);
    darkness.removeEventListener("change", this.again);
    this.watcher?.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  private async draw(): Promise<void> {
    const data = await this.load();
    if (!data || !this.isConnected) return;
    const { default: UPlot } = await import("uplot");
    const shade = (name: string) => this.resolved(name);
    const axis = { stroke: shade("ink-soft"), grid: { stroke: shade("line"), width: 1 }, ticks: { show: false } };
    const options: Options = {
      width: this.clientWidth || 320,
      height: 220,
      axes: [axis, axis],
      legend: { live: false },
      series: [
        {},
        ...data.lines.map((l) => ({ label: l.label, stroke: shade(l.tone ?? "act"), width: 2, points: { show: false } })),
      ],
    };
    const plot = new UPlot(options, [data.times, ...data.lines.map((l) => l.values)] as AlignedData, this);
    this.plot = plot;
    this.watcher = new ResizeObserver(() => plot.setSize({ width: this.clientWidth, height: 220 }));
    this.watcher.observe(this);
  }

  /** A token's colour as a canvas understands it, in the theme that is shown now. */
  private resolved(name: string): string {
    const probe = document.createElement("i");
    probe.style.color = `var(--gt-${name})`;
    this.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  }

  private again = (): void => {
    this.watcher?.disconnect();
    this.plot?.destroy();
    void this.draw();
  };

  private async load(): Promise<ChartData | undefined> {
    if (!this.src) return this.given ? (JSON.parse(this.given) as ChartData) : undefined;
    const answer = await fetch(this.src);
    return answer.ok ? ((await answer.json()) as ChartData) : undefined;
  }
}

customElements.define("gt-chart", GtChart);
